"""The application over a test's database, storage and clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feeds.delivery.lane import Lane
from feeds.rendering.assemble import Addresses
from podcast_server.app import create_app
from podcast_server.services import Services
from tests.conftest import Clock


def moved(services: Services, public_url: str) -> Services:
    """The same services for a site at another address."""
    site = services.settings.site.model_copy(update={"public_url": public_url})
    settings = services.settings.model_copy(update={"site": site})
    return replace(services, settings=settings, addresses=Addresses(public_url))


@pytest.fixture
def app(services: Services, lane: Lane, clock: Clock) -> Flask:
    return create_app(services, lane, lambda: clock.now)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that speaks English unless a test says otherwise."""
    client = app.test_client()
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "en"}
    return client
