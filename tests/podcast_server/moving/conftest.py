"""An installation with a show, and an empty database to move it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.database import open_engine
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import NOW, People


def quiet(*_said: object) -> None:
    """No progress to show."""


@pytest.fixture
def filled(services: Services, session: Session, show: Show, people: People) -> Services:
    for _ in range(3):
        build_episode(session, services.storage, show, NOW)
    session.commit()
    return services


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database, not migrated."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/other.sqlite3"
    else:
        from tests import postgresql

        server = request.getfixturevalue("postgresql_url")
        url = postgresql.Databases(server).create()
    engine = open_engine(url)
    yield engine
    engine.dispose()
