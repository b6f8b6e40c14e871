"""The application over a test's database, storage and clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from episodes.storage.base import Storage
from feeds.delivery.lane import Lane
from feeds.rendering.assemble import Addresses
from feeds.tokens import Tokens
from podcast_server.app import create_app
from podcast_server.database import session_factory
from podcast_server.services import Services
from podcast_server.settings import Settings, SiteSettings
from tests.conftest import PUBLIC_URL, Clock


def make_services(
    engine: Engine, storage: Storage, tokens: Tokens, folder: Path, public_url: str = PUBLIC_URL
) -> Services:
    """Services of a site at ``public_url`` whose files are in ``folder``."""
    return Services(
        settings=Settings(home=folder, site=SiteSettings(name="Tidewater", public_url=public_url)),
        engine=engine,
        sessions=session_factory(engine),
        storage=storage,
        tokens=tokens,
        addresses=Addresses(public_url),
    )


@pytest.fixture
def services(engine: Engine, storage: Storage, tokens: Tokens, tmp_path: Path) -> Services:
    return make_services(engine, storage, tokens, tmp_path)


@pytest.fixture
def app(services: Services, lane: Lane, clock: Clock) -> Flask:
    return create_app(services, lane, lambda: clock.now)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that speaks English unless a test says otherwise."""
    client = app.test_client()
    client.environ_base |= {"HTTP_HOST": "podcast.test", "HTTP_ACCEPT_LANGUAGE": "en"}
    return client
