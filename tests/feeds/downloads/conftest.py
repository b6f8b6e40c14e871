"""A database with a show, two episodes and two members' feeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Episode, Show
from feeds.models import PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.database import open_engine, session_factory

START = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "downloads.sqlite3"
        path.write_bytes(request.getfixturevalue("migrated_database"))
        engine = open_engine(f"sqlite:///{path}")
    else:
        engine = open_engine(request.getfixturevalue("migrated_postgresql").create())
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """The database as a whole: episodes "one" and "two" of show 1, feeds 1 and 2."""
    factory = session_factory(engine)
    with factory.begin() as session:
        session.add_all(_members())
        session.add(_show())
        session.flush()
        session.add_all(_episode(key) for key in ("one", "two"))
        session.add_all(_feed(member_id) for member_id in (1, 2))
    return factory


def _members() -> list[Member]:
    return [Member(id=n, email=f"member{n}@example.org", created_at=START) for n in (1, 2)]


def _show() -> Show:
    return Show(
        id=1,
        slug="show",
        title="A show",
        podcast_guid="a",
        private_podcast_guid="b",
        created_at=START,
        updated_at=START,
    )


def _episode(key: str) -> Episode:
    return Episode(
        key=key,
        show_id=1,
        guid=key,
        title=key,
        publish_at=START if key == "one" else None,
        created_at=START,
        updated_at=START,
    )


def _feed(member_id: int) -> PrivateFeed:
    return PrivateFeed(
        id=member_id,
        key=f"key{member_id}",
        member_id=member_id,
        show_id=1,
        signing_key="aaaa",
        created_at=START,
    )
