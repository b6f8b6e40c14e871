"""A show, and those who work on it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from episodes.models import Episode, Show
from podcast_server.accounts.staff.passwords import set_password
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import Role, give_role
from podcast_server.services import Services
from tests.builders import build_episode, build_show
from tests.podcast_server.conftest import Browser

PASSWORD = "three harbour seals"


class Desk(Browser):
    """A browser in the studio."""

    def enter(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/studio/sign-in", email=email, password=password)

    def come_in(self, email: str, password: str = PASSWORD) -> None:
        """Enter, without looking at the form before and the page that comes first."""
        typed = {"csrf_token": self.token(), "email": email, "password": password}
        entered = self.client.post("/studio/sign-in", data=typed)
        assert entered.status_code == 303, entered.text

    def token(self) -> str:
        """The CSRF token of this session, as a page would give it without being asked for."""
        with self.client.session_transaction() as kept:
            of_session = kept.setdefault("csrf_token", secrets.token_hex(20))
        key = self.client.application.secret_key
        assert key is not None
        return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(of_session))

    def send(self, path: str, **fields: str) -> TestResponse:
        """POST a form that stands on some page."""
        data = {"csrf_token": self.token(), **fields}
        return self.client.post(path, data=data, follow_redirects=True)


@pytest.fixture
def harbour(services: Services, now: datetime) -> Show:
    """The show at /studio/shows/harbour."""
    with services.sessions.begin() as session:
        return build_show(session, now, slug="harbour", title="Harbour Notes")


@pytest.fixture
def first(services: Services, harbour: Show, now: datetime) -> Episode:
    """A published episode of it."""
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        at = now - timedelta(days=1)
        return build_episode(session, services.storage, show, now, at=at, title="First light")


@pytest.fixture
def draft(services: Services, harbour: Show, now: datetime) -> Episode:
    """Has audio, and is not out."""
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        made = build_episode(session, services.storage, show, now, title="Tide")
        made.state, made.publish_at = "draft", None
        return made


@pytest.fixture
def hire(app: Flask, services: Services, now: datetime) -> Callable[..., Desk]:
    """Make somebody staff and sign them in: hire("owner"), hire("editor", show)."""

    def make(role: Role, show: Show | None = None, email: str = "") -> Desk:
        email = email or f"{role}@example.org"
        with services.sessions.begin() as session:
            person = ensure_staff(session, email, now=now, owner=role == "owner")
            set_password(person, PASSWORD)
            if show is not None:
                give_role(session, person.id, show.id, role)
        desk = Desk(app)
        desk.come_in(email)
        return desk

    return make


@pytest.fixture
def owner(hire: Callable[..., Desk]) -> Desk:
    """Somebody who may do everything."""
    return hire("owner")


def page_of(episode: Episode) -> str:
    """The editor of an episode of the show at /studio/shows/harbour."""
    return f"/studio/shows/harbour/episodes/{episode.key}"


def save(desk: Desk, episode: Episode, **fields: str) -> TestResponse:
    """Press a button of the editor with an old title unless told otherwise."""
    words = {"title": episode.title, "type": "full", "audience": "members", "explicit": ""}
    return desk.send(page_of(episode), **(words | fields))


def now_is(services: Services, episode: Episode) -> Episode:
    """The episode as it is now."""
    with services.sessions() as session:
        return session.get_one(Episode, episode.id)
