"""Nobody is told that a mail is on its way while there is no server that would take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from episodes.models import Show
from feeds.delivery.lane import Lane
from podcast_server.app import create_app
from podcast_server.mail.models import OutgoingMail
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.conftest import StillPostman
from tests.podcast_server.pages.studio.conftest import Desk

MEMBERS = "/studio/shows/harbour/members"
WAITS = "No mail server is set yet, so the mail waits in the outbox."
WAY = 'href="/studio/site/mail">Set the mail server'


def add(desk: Desk) -> str:
    """Make somebody a member; what the page then says."""
    return desk.send(MEMBERS, email="ada@example.org", tier="0", reason="a friend").text


@pytest.mark.usefixtures("harbour")
def test_the_owner_learns_what_the_mail_waits_for_and_where_to_end_it(owner: Desk) -> None:
    page = add(owner)
    assert f"They are a member now. {WAITS}" in page
    assert WAY in page
    assert "on its way" not in page


def test_an_editor_learns_it_and_is_not_led_to_what_is_the_owner_s(
    hire: Callable[..., Desk], harbour: Show
) -> None:
    page = add(hire("editor", harbour))
    assert WAITS in page
    assert WAY not in page


@pytest.mark.usefixtures("harbour")
def test_an_invitation_waits_too(owner: Desk) -> None:
    page = owner.send("/studio/people", email="tam@example.org", what="owner").text
    assert f"The invitation is written and holds for seven days. {WAITS}" in page


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fr-ca", "Harbour Notes dans votre application de podcasts"),
        ("pt", "Harbour Notes in your podcast app"),
    ],
)
def test_who_is_added_by_hand_is_written_to_in_the_language_of_the_show_where_we_speak_it(
    owner: Desk, services: Services, harbour: Show, language: str, subject: str
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Show, harbour.id).language = language
    add(owner)
    with services.sessions() as session:
        assert session.scalars(select(OutgoingMail.subject)).all() == [subject]


class TestWithAServer:
    @pytest.fixture
    def app(self, services: Services, lane: Lane, clock: Clock) -> Flask:
        mail = services.settings.mail.model_copy(update={"host": "smtp.example.org"})
        settings = services.settings.model_copy(update={"mail": mail})
        app = create_app(replace(services, settings=settings), lane, lambda: clock.now)
        app.config["POSTMAN"] = StillPostman()
        return app

    @pytest.mark.usefixtures("harbour")
    def test_it_is_on_its_way(self, owner: Desk) -> None:
        page = add(owner)
        assert "They are a member now, and a mail with the buttons is on its way." in page
        assert WAITS not in page
