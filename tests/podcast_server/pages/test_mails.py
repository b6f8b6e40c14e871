"""Which mails a member gets, and the one click that ends them (RFC 8058)."""

from __future__ import annotations

import email
import email.policy

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from podcast_server.accounts.mail_choices import choices_of
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.jobs.schedule import mail_episodes
from podcast_server.mail.outbox import as_message
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import Clock, People
from tests.podcast_server.conftest import Browser, Letters

PAYING = "paying@example.org"


@pytest.fixture
def mailed(
    services: Services,
    session: Session,
    storage: Storage,
    clock: Clock,
    people: People,
    browser: Browser,
    letters: Letters,
) -> str:
    """The path that ends the mails, from a mail the paying member asked for."""
    browser.sign_in(letters, PAYING)
    browser.post("/me/mails", **{f"show-{people.show_id}": "each"})
    clock.advance(minutes=1)
    show = session.get_one(Show, people.show_id)
    build_episode(session, storage, show, clock.now, at=clock.now)
    session.commit()
    clock.advance(hours=1)
    mail_episodes(services, clock.now)
    message = as_message(letters.newest(), services.settings, clock.now)
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = str(parsed["List-Unsubscribe"])
    assert header.startswith("<http://podcast.test/unsubscribe/")
    return header.strip("<>").removeprefix("http://podcast.test")


def choice(services: Services, people: People) -> str:
    with reading(services.engine) as session:
        return choices_of(session, people.paying.member_id).get(people.show_id, "never")


def test_a_member_chooses_for_each_show_and_sees_it_again(
    browser: Browser, people: People, letters: Letters, services: Services
) -> None:
    browser.sign_in(letters, PAYING)
    assert 'value="never" checked' in browser.get("/me/mails").text
    page = browser.post("/me/mails", **{f"show-{people.show_id}": "weekly"})
    assert "Saved." in page.text
    assert 'value="weekly" checked' in page.text
    assert choice(services, people) == "weekly"


def test_a_forged_choice_or_show_changes_nothing(
    browser: Browser, people: People, letters: Letters, services: Services
) -> None:
    browser.sign_in(letters, PAYING)
    browser.post("/me/mails", **{f"show-{people.show_id}": "hourly", "show-999": "each"})
    assert choice(services, people) == "never"


def test_a_mail_program_ends_the_mails_with_one_post_and_no_session(
    mailed: str, services: Services, people: People, browser: Browser
) -> None:
    stranger = browser.client.application.test_client()
    answer = stranger.post(mailed, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert choice(services, people) == "never"
    assert PAYING not in answer.text


def test_looking_at_the_address_ends_nothing(
    mailed: str, services: Services, people: People, browser: Browser
) -> None:
    stranger = browser.client.application.test_client()
    page = stranger.get(mailed)
    assert "No more mails about new episodes?" in page.text
    assert PAYING not in page.text
    assert choice(services, people) == "each"


def test_somebody_elses_address_cannot_be_made(
    mailed: str, services: Services, people: People, browser: Browser
) -> None:
    forged = mailed[:-1] + ("a" if mailed[-1] != "a" else "b")
    for path in (forged, "/unsubscribe/x", "/unsubscribe/" + "a" * 52):
        assert browser.client.post(path).status_code == 404
    assert choice(services, people) == "each"


def test_only_mails_that_can_be_ended_say_so(
    browser: Browser, people: People, letters: Letters, services: Services, clock: Clock
) -> None:
    browser.post("/sign-in", email=PAYING)
    message = as_message(letters.newest(), services.settings, clock.now)
    assert "List-Unsubscribe" not in message
    assert "/unsubscribe/" not in letters.newest().text


def test_the_mail_itself_shows_the_way_out_too(
    mailed: str, letters: Letters, services: Services
) -> None:
    mail = letters.newest()
    assert mailed in mail.text
    assert mailed in mail.html
    with reading(services.engine) as session:
        assert session.query(Member).filter_by(email=mail.recipient).one()
