"""A shared feed from the first hit to the reset, with the database and the mails."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show
from episodes.storage.base import Storage
from feeds.downloads.record import MediaHit
from feeds.models import PrivateFeed
from feeds.private_feeds import feeds_of
from feeds.sharing.models import FeedDay, SharingCase
from feeds.sharing.policy import Wishes
from feeds.sharing.watch import figures_of, set_wishes
from podcast_server.accounts.erase import erase_member
from podcast_server.accounts.export import export_member
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.jobs.schedule import watch_sharing
from podcast_server.services import Services
from tests.builders import CAUSE, build_episode
from tests.conftest import Clock, People
from tests.feeds.downloads.hits import store
from tests.podcast_server.conftest import Letters

APP = "AntennaPod/3.7.0"
SIZE = 2_000


class Leak:
    """The paying member's feed, and whoever listens through it."""

    def __init__(self, services: Services, clock: Clock, people: People, episode: str) -> None:
        self.services, self.clock, self.people, self.episode = services, clock, people, episode

    def fetch(self, listeners: int, user_agent: str = APP) -> None:
        """So many people fetch the episode today, each from home."""
        feed = self.people.paying
        entries = [
            MediaHit(
                self.clock(),
                self.episode,
                "GET",
                200,
                f"198.51.100.{number}",
                user_agent,
                SIZE,
                SIZE,
                bytes_served=SIZE,
                feed_id=feed.feed_id,
                member_id=feed.member_id,
            )
            for number in range(listeners)
        ]
        store(self.services.sessions, *entries)

    def days(self, count: int, listeners: int = 20) -> None:
        """Days go by, with so many listeners on each; the job runs on each."""
        for _ in range(count):
            self.fetch(listeners)
            self.clock.advance(hours=1)
            watch_sharing(self.services, self.clock.now)
            self.clock.advance(hours=23)

    def wish(self, wishes: Wishes) -> None:
        with self.services.sessions.begin() as session:
            set_wishes(session, self.people.show_id, wishes)

    def states(self) -> list[str]:
        with reading(self.services.engine) as session:
            return [feed.state for feed in feeds_of(session, self.people.paying.member_id)]


@pytest.fixture
def leak(services: Services, clock: Clock, people: People, storage: Storage) -> Leak:
    with services.sessions.begin() as session:
        show = session.get_one(Show, people.show_id)
        show.owner_email = "marit@example.org"
        episode: Episode = build_episode(session, storage, show, clock.now)
    return Leak(services, clock, people, episode.key)


def kinds(letters: Letters) -> list[tuple[str, str]]:
    return [(mail.kind, mail.recipient) for mail in letters.all()]


NOTICE = ("feed_shared_notice", "marit@example.org")
ASKED = ("feed_shared", "paying@example.org")
RESET = ("feed_shared_reset", "paying@example.org")


def test_a_member_with_their_devices_is_never_written_to(leak: Leak, letters: Letters) -> None:
    leak.days(20, listeners=6)
    assert letters.all() == []


def test_the_steps_come_one_by_one_and_the_last_only_if_wanted(
    leak: Leak, letters: Letters
) -> None:
    leak.days(3)
    assert kinds(letters) == [NOTICE]
    assert "3 days" in letters.newest().text
    leak.days(6)
    assert kinds(letters) == [NOTICE]
    leak.days(2)
    assert kinds(letters) == [NOTICE, ASKED]
    assert f"/me/feeds/{leak.people.paying.feed_id}/reset" in letters.newest().text
    leak.days(20)
    assert kinds(letters) == [NOTICE, ASKED]
    assert leak.states() == ["open"]


def test_the_podcaster_is_not_promised_a_mail_that_the_show_does_not_want(
    leak: Leak, letters: Letters
) -> None:
    leak.wish(Wishes(mails_member=False))
    leak.days(3)
    assert "nobody is written to" in letters.newest().text
    assert "kind mail" not in letters.newest().text


def test_where_the_show_wants_it_the_feed_is_reset_at_last(leak: Leak, letters: Letters) -> None:
    leak.wish(Wishes(resets=True))
    leak.days(11)
    assert leak.states() == ["open"]
    leak.days(8)
    assert kinds(letters) == [NOTICE, ASKED, RESET]
    assert leak.states() == ["replaced", "open"]
    assert "Your membership has not changed" in letters.newest().text
    leak.days(3)  # what still asks the old address does not count against the new one
    assert len(letters.all()) == 3


def test_a_show_may_want_to_be_told_and_nothing_else(leak: Leak, letters: Letters) -> None:
    leak.wish(Wishes(mails_member=False))
    leak.days(25)
    assert kinds(letters) == [NOTICE]


def test_servers_of_apps_are_never_a_reason(leak: Leak, letters: Letters) -> None:
    for _ in range(10):
        leak.fetch(200, "Overcast/1.0 Podcast Sync (1 subscribers; feed-id=1)")
        watch_sharing(leak.services, leak.clock.now)
        leak.clock.advance(days=1)
    assert letters.all() == []


def test_the_case_closes_when_the_member_resets_or_it_stops(leak: Leak, letters: Letters) -> None:
    leak.days(3)
    leak.days(31, listeners=1)
    with reading(leak.services.engine) as session:
        (case,) = session.scalars(select(SharingCase))
        assert case.closed_at is not None
        assert case.reset_at is None
    assert kinds(letters) == [NOTICE]


def test_measuring_again_gives_the_same_and_steps_are_taken_once(
    leak: Leak, letters: Letters
) -> None:
    leak.days(3)
    for _ in range(3):
        watch_sharing(leak.services, leak.clock.now)
    assert kinds(letters) == [NOTICE]
    with reading(leak.services.engine) as session:
        figures = figures_of(session, leak.people.paying.feed_id, leak.clock.now.date().min)
        assert [each.copies for each in figures.values()] == [20, 20, 20]


@pytest.mark.thorough
def test_nothing_is_ever_refused_because_of_it(leak: Leak) -> None:
    leak.wish(Wishes(mails_member=True, resets=False))
    leak.days(30, listeners=100)
    with reading(leak.services.engine) as session:
        assert session.get_one(PrivateFeed, leak.people.paying.feed_id).state == "open"


def test_a_member_takes_the_figures_along_and_they_go_with_them(
    leak: Leak, letters: Letters
) -> None:
    leak.days(3)
    with leak.services.sessions.begin() as session:
        member = session.get_one(Member, leak.people.paying.member_id)
        told = export_member(session, member, leak.clock.now)
        assert [day["copies"] for day in told["fetched"]] == [20, 20, 20]
        erase_member(session, member, cause=CAUSE, now=leak.clock.now)
    with reading(leak.services.engine) as session:
        assert session.scalars(select(FeedDay)).all() == []
        assert session.scalars(select(SharingCase)).all() == []


def test_a_stricter_server_notices_sooner(leak: Leak, letters: Letters) -> None:
    feeds = leak.services.settings.feeds.model_copy(update={"sharing_copies": 2, "sharing_days": 1})
    settings = leak.services.settings.model_copy(update={"feeds": feeds})
    leak.services = replace(leak.services, settings=settings)
    leak.days(1, listeners=3)
    assert kinds(letters) == [NOTICE]
