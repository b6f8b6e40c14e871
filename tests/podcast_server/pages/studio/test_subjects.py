"""The log names what was done something to as people know it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from podcast_server.accounts.staff.audit import note_action
from podcast_server.services import Services
from tests.builders import build_member
from tests.podcast_server.pages.studio.conftest import Desk

LOG = "/studio/people/log"


@pytest.fixture
def noted(services: Services, harbour: Show, now: datetime) -> Callable[..., None]:
    """Write an act down."""

    def note(action: str, subject: str) -> None:
        with services.sessions.begin() as session:
            note_action(
                session, action, now=now, staff_id=None, show_id=harbour.id, subject=subject
            )

    return note


def build(session: Session, now: datetime) -> int:
    return build_member(session, now, "ada@example.org").id


def test_keys_are_titles_and_addresses(
    owner: Desk, services: Services, first: Episode, noted: Callable[..., None], now: datetime
) -> None:
    with services.sessions.begin() as session:
        ada = build(session, now)
    noted("episode.publish", first.key)
    noted("api.episode.change", f"{first.key} (Night job)")
    noted("member.discount", f"{ada}: WELCOME, was kind")
    page = owner.get(LOG).text
    assert "Harbour Notes · First light</td>" in page
    assert "First light (Night job)" in page
    assert "ada@example.org: WELCOME, was kind" in page
    assert "changed an episode, by a script" in page


@pytest.mark.parametrize(
    ("action", "subject"),
    [
        ("episode.publish", "gone12345"),
        ("member.give", "99999999999999999999999"),
        ("member.give", "²"),
        ("member.nudge", "1"),
        ("something.new", "1"),
    ],
)
def test_what_is_gone_or_no_key_stays_as_it_was_written(
    owner: Desk,
    services: Services,
    noted: Callable[..., None],
    now: datetime,
    action: str,
    subject: str,
) -> None:
    with services.sessions.begin() as session:
        assert build(session, now) == 1
    noted(action, subject)
    assert f"· {subject}</td>" in owner.get(LOG).text


def test_titles_are_never_run(
    owner: Desk, services: Services, first: Episode, noted: Callable[..., None]
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).title = "<script>alert(1)</script>"
    noted("episode.publish", first.key)
    assert "<script>alert" not in owner.get(LOG).text
