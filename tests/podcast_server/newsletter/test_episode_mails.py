"""New episodes by mail: to those who asked, once, and only what they may hear."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.models import Show
from episodes.storage.base import Storage
from podcast_server.accounts.erase import erase_member
from podcast_server.accounts.mail_choices import (
    Choice,
    choices_of,
    choose,
    read_unsubscribe_token,
    unsubscribe_token,
)
from podcast_server.accounts.models import EpisodeMails, Member
from podcast_server.mail.outbox import put_letter
from podcast_server.newsletter.episode_mails import Sender, send_episode_mails
from podcast_server.services import Services
from tests.builders import CAUSE, build_episode
from tests.conftest import Clock, People
from tests.podcast_server.conftest import Letters

PAYING = "paying@example.org"
SENDER = Sender("My podcasts", "http://podcast.test", b"secret")


class Desk:
    """Members choose, episodes come out, and the job runs."""

    def __init__(self, services: Services, clock: Clock, people: People, storage: Storage) -> None:
        self.services, self.clock, self.people, self.storage = services, clock, people, storage

    def choose(self, choice: Choice, member_id: int = 0) -> None:
        with self.services.sessions.begin() as session:
            member = member_id or self.people.paying.member_id
            choose(session, member, self.people.show_id, choice, self.clock.now)
        self.clock.advance(seconds=1)

    def publish(self, title: str, **options: Any) -> None:
        with self.services.sessions.begin() as session:
            show = session.get_one(Show, self.people.show_id)
            build_episode(
                session, self.storage, show, self.clock.now, title=title, at=self.clock.now,
                notes="About boats.", **options,
            )  # fmt: skip

    def run(self) -> int:
        return send_episode_mails(self.services.sessions, SENDER, self.clock.now)

    def later(self, **span: float) -> int:
        self.clock.advance(**span)
        return self.run()


@pytest.fixture
def desk(services: Services, clock: Clock, people: People, storage: Storage) -> Desk:
    return Desk(services, clock, people, storage)


def test_nobody_gets_mail_who_did_not_ask(desk: Desk, letters: Letters) -> None:
    desk.publish("One")
    assert desk.later(days=8) == 0
    assert letters.all() == []


def test_each_episode_is_mailed_once_with_its_notes_and_where_it_plays(
    desk: Desk, letters: Letters
) -> None:
    desk.choose("each")
    desk.publish("Tides")
    assert desk.run() == 0  # it may still be taken back
    assert desk.later(minutes=10) == 1
    assert desk.later(minutes=10) == 0
    mail = letters.newest()
    assert mail.recipient == PAYING
    assert mail.subject.endswith(": Tides")
    assert "About boats." in mail.text
    assert letters.link().startswith("/me/listen/")


def test_an_episode_taken_back_at_once_is_never_mailed(desk: Desk, letters: Letters) -> None:
    desk.choose("each")
    desk.publish("Oops")
    with desk.services.sessions.begin() as session:
        show = session.get_one(Show, desk.people.show_id)
        from sqlalchemy import select

        from episodes.models import Episode

        for episode in session.scalars(select(Episode).where(Episode.show_id == show.id)):
            episode.state = "withdrawn"
    assert desk.later(days=1) == 0
    assert letters.all() == []


def test_what_came_out_before_the_choice_is_not_news(desk: Desk, letters: Letters) -> None:
    desk.publish("Old")
    desk.clock.advance(hours=1)
    desk.choose("each")
    assert desk.later(hours=1) == 0


def test_weekly_is_one_mail_with_all_of_the_week(desk: Desk, letters: Letters) -> None:
    desk.choose("weekly")
    for title in ("Monday", "Tuesday"):
        desk.clock.advance(days=1)
        desk.publish(title)
        assert desk.later(hours=1) == 0
    assert desk.later(days=6) == 1
    mail = letters.newest()
    assert mail.subject.startswith("2 new episodes of")
    assert "Monday: http://podcast.test/me/listen/" in mail.text
    desk.publish("Wednesday")
    assert desk.later(days=1) == 0
    assert desk.later(days=7) == 1


def test_nobody_reads_of_what_they_may_not_hear(desk: Desk, letters: Letters) -> None:
    desk.choose("each", desk.people.lapsed.member_id)
    desk.publish("For members")
    assert desk.later(hours=1) == 0
    desk.publish("For all", audience="free")
    assert desk.later(hours=1) == 1
    assert "For members" not in letters.newest().text


def test_never_ends_it_and_a_return_starts_afresh(desk: Desk, letters: Letters) -> None:
    desk.choose("each")
    desk.choose("never")
    desk.publish("Meanwhile")
    assert desk.later(hours=1) == 0
    desk.choose("each")
    assert desk.later(hours=1) == 0
    desk.publish("Again")
    assert desk.later(hours=1) == 1


def test_who_left_gets_none(desk: Desk, letters: Letters) -> None:
    desk.choose("each")
    with desk.services.sessions.begin() as session:
        member = session.get_one(Member, desk.people.paying.member_id)
        erase_member(session, member, cause=CAUSE, now=desk.clock.now)
        assert session.query(EpisodeMails).count() == 0
    desk.publish("Alone")
    assert desk.later(hours=1) == 0


def test_a_choice_of_never_needs_no_row(desk: Desk) -> None:
    desk.choose("never")
    with desk.services.sessions() as session:
        assert choices_of(session, desk.people.paying.member_id) == {}


def test_the_address_that_ends_the_mails_is_read_and_not_when_changed() -> None:
    token = unsubscribe_token(b"secret", 7, 3)
    assert read_unsubscribe_token(b"secret", token) == (7, 3)
    assert read_unsubscribe_token(b"other", token) is None
    for broken in ("", "x", token[:-1], "b" + token[1:], "é" * 20, token + "a", token.upper()):
        assert read_unsubscribe_token(b"secret", broken) is None


def test_a_crash_between_two_mails_sends_the_rest_and_none_twice(
    desk: Desk, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podcast_server.newsletter import episode_mails

    for member in (desk.people.paying, desk.people.free):
        desk.choose("each", member.member_id)
    desk.publish("News", audience="free")
    desk.clock.advance(hours=1)
    calls = []

    def break_at_the_second(*args: Any, **kwargs: Any) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine goes off")
        return put_letter(*args, **kwargs)

    monkeypatch.setattr(episode_mails, "put_letter", break_at_the_second)
    with pytest.raises(RuntimeError):
        desk.run()
    assert desk.run() == 1
    assert sorted(mail.recipient for mail in letters.all()) == ["free@example.org", PAYING]
    assert desk.later(days=1) == 0
