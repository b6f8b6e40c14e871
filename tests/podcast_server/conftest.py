"""The application over a test's database, storage and clock."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from feeds.delivery.lane import Lane
from feeds.rendering.assemble import Addresses
from podcast_server.app import create_app
from podcast_server.database import reading
from podcast_server.mail.models import OutgoingMail
from podcast_server.services import Services
from tests.conftest import PUBLIC_URL, Clock


def moved(services: Services, public_url: str) -> Services:
    """The same services for a site at another address."""
    site = services.settings.site.model_copy(update={"public_url": public_url})
    settings = services.settings.model_copy(update={"site": site})
    return replace(services, settings=settings, addresses=Addresses(public_url))


@pytest.fixture
def app(services: Services, lane: Lane, clock: Clock) -> Flask:
    app = create_app(moved(services, PUBLIC_URL), lane, lambda: clock.now)
    app.config["POSTMAN"] = StillPostman()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that speaks English unless a test says otherwise."""
    client = app.test_client()
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "en"}
    return client


class StillPostman:
    """Counts nudges and sends nothing by itself."""

    def __init__(self) -> None:
        self.nudges = 0

    def nudge(self) -> None:
        self.nudges += 1


class Letters:
    """What is in the outbox, for tests that read mail."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def all(self) -> list[OutgoingMail]:
        with reading(self._services.engine) as session:
            return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))

    def newest(self) -> OutgoingMail:
        return self.all()[-1]

    def link(self) -> str:
        """The path of the newest mail's link."""
        found = re.search(r"http://podcast\.test(/\S+)", self.newest().text)
        assert found
        return found[1]

    def code(self) -> str:
        """The code in the newest mail."""
        found = re.search(r"^ {4}(\d{6})$", self.newest().text, re.MULTILINE)
        assert found
        return found[1]


@pytest.fixture
def letters(services: Services) -> Letters:
    return Letters(services)


class Browser:
    """A visitor that follows redirects and fills in forms, CSRF token included."""

    def __init__(self, app: Flask, **environ: str) -> None:
        self.client = app.test_client()
        self.client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "en", **environ}

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, follow_redirects=True)

    def post(self, form_path: str, path: str = "", **fields: str) -> TestResponse:
        """Load the page with the form, and send it (to ``path`` if it is elsewhere)."""
        return self.submit(form_path, path, follow=True, **fields)

    def submit(
        self, form_path: str, path: str = "", *, follow: bool = False, **fields: str
    ) -> TestResponse:
        """The same, for its own answer instead of where that leads."""
        page = self.get(form_path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.text
        data = {"csrf_token": found[1], **fields}
        return self.client.post(path or form_path, data=data, follow_redirects=follow)

    def sign_in(self, letters: Letters, email: str) -> TestResponse:
        """By link, in this browser."""
        self.post("/sign-in", email=email)
        return self.post(letters.link())


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)
