"""The feed doctor says what is the matter with a private feed, and nothing that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.doctor import Finding, examine_feed
from feeds.downloads.record import Entry, FeedPoll, MediaHit
from feeds.downloads.visits import MOST_APPS
from feeds.models import FeedVisit, PrivateFeed
from feeds.private_feeds import replace_feed, revoke_feed
from podcast_server.database import session_factory
from tests.builders import CAUSE, build_episode
from tests.conftest import Clock, People
from tests.feeds.downloads.hits import store

ANTENNAPOD, OVERCAST = "AntennaPod/3.7.0", "Overcast/1.0 Podcast Sync (1 subscribers; feed-id=1)"


class Clinic:
    """A database, and apps that come to it."""

    def __init__(self, engine: Engine, people: People, clock: Clock) -> None:
        self.sessions, self.people, self.clock = session_factory(engine), people, clock

    def write(self, *entries: Entry) -> None:
        store(self.sessions, *entries)

    def poll(self, user_agent: str, feed_id: int = 0, status: int = 200) -> None:
        feed = feed_id or self.people.paying.feed_id
        self.write(FeedPoll(self.clock(), feed, status, user_agent))

    def findings(self, feed_id: int = 0) -> list[Finding]:
        with self.sessions() as session:
            feed = session.get_one(PrivateFeed, feed_id or self.people.paying.feed_id)
            return examine_feed(session, feed, self.clock.now)

    def codes(self, feed_id: int = 0) -> list[str]:
        return [finding.code for finding in self.findings(feed_id)]


@pytest.fixture
def clinic(engine: Engine, people: People, clock: Clock) -> Clinic:
    return Clinic(engine, people, clock)


def test_a_new_feed_is_waited_for_and_then_called_never_fetched(clinic: Clinic) -> None:
    assert clinic.codes() == ["waiting"]
    clinic.clock.advance(minutes=15)
    assert clinic.codes() == ["never_fetched"]


def test_every_app_that_came_is_named_the_newest_first(clinic: Clinic) -> None:
    clinic.poll(ANTENNAPOD)
    clinic.clock.advance(minutes=3)
    clinic.poll(OVERCAST, status=304)
    found = clinic.findings()
    assert [(f.code, f.app, f.by_server, f.status) for f in found] == [
        ("up_to_date", "Overcast", True, 304),
        ("up_to_date", "AntennaPod", False, 200),
    ]


def test_an_app_that_came_before_the_newest_episode_is_behind_and_later_stuck(
    clinic: Clinic, session: Session, storage: Storage, show: Show
) -> None:
    clinic.poll(ANTENNAPOD)
    build_episode(
        session, storage, show, clinic.clock.now, title="News", at=clinic.clock.now + timedelta(1)
    )
    session.commit()
    assert clinic.codes() == ["up_to_date"]  # scheduled is not out
    clinic.clock.advance(hours=24, minutes=1)
    (found,) = clinic.findings()
    assert (found.code, found.missing, found.episode) == ("stuck", 1, "News")
    clinic.poll(ANTENNAPOD)
    assert clinic.codes() == ["up_to_date"]


def test_an_app_that_only_has_to_look_again_is_left_in_peace(
    clinic: Clinic, session: Session, storage: Storage, show: Show
) -> None:
    clinic.poll(OVERCAST)
    clinic.clock.advance(hours=2)
    build_episode(session, storage, show, clinic.clock.now, at=clinic.clock.now)
    session.commit()
    clinic.clock.advance(minutes=1)
    (found,) = clinic.findings()
    assert (found.code, found.level, found.by_server) == ("behind", "info", True)


def test_nobody_misses_an_episode_they_may_not_hear(
    clinic: Clinic, session: Session, storage: Storage, show: Show, people: People
) -> None:
    clinic.poll(ANTENNAPOD, people.free.feed_id)
    clinic.clock.advance(hours=1)
    build_episode(session, storage, show, clinic.clock.now, at=clinic.clock.now)
    session.commit()
    assert clinic.codes(people.free.feed_id) == ["only_free", "up_to_date"]


def test_a_lapsed_membership_is_said_first(clinic: Clinic, people: People) -> None:
    clinic.poll(ANTENNAPOD, people.lapsed.feed_id)
    assert clinic.codes(people.lapsed.feed_id) == ["lapsed", "up_to_date"]


def test_an_app_that_stays_away_without_missing_anything_is_quiet(clinic: Clinic) -> None:
    clinic.poll(ANTENNAPOD)
    clinic.clock.advance(days=15)
    assert clinic.codes() == ["quiet"]


def test_an_error_of_ours_is_admitted(clinic: Clinic) -> None:
    clinic.poll(ANTENNAPOD, status=503)
    (found,) = clinic.findings()
    assert (found.code, found.status) == ("failed", 503)


def test_an_app_that_asks_the_old_address_after_a_reset_is_named(
    clinic: Clinic, session: Session, people: People
) -> None:
    clinic.poll(OVERCAST)
    clinic.clock.advance(minutes=1)
    old = session.get_one(PrivateFeed, people.paying.feed_id)
    fresh = replace_feed(
        session,
        old,
        signing_key=old.signing_key,
        notice=timedelta(days=7),
        cause=CAUSE,
        now=clinic.clock.now,
    )
    session.commit()
    assert clinic.codes(fresh.id) == ["waiting"]  # what it asked before was right
    clinic.clock.advance(hours=2)
    clinic.poll(OVERCAST, old.id)
    found = clinic.findings(fresh.id)
    assert [(f.code, f.app) for f in found] == [("never_fetched", ""), ("old_address", "Overcast")]
    assert clinic.codes(old.id) == ["replaced"]


def test_a_closed_feed_has_nothing_more_to_say(
    clinic: Clinic, session: Session, people: People
) -> None:
    clinic.poll(ANTENNAPOD)
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    revoke_feed(session, feed, cause=CAUSE, now=clinic.clock.now)
    session.commit()
    assert clinic.codes() == ["closed"]


def test_what_was_loaded_last_is_told_with_its_app(
    clinic: Clinic, session: Session, storage: Storage, show: Show, people: People
) -> None:
    episode = build_episode(session, storage, show, clinic.clock.now, title="Tides")
    session.commit()
    clinic.poll(ANTENNAPOD)
    hit = MediaHit(
        clinic.clock(),
        episode.key,
        "GET",
        200,
        "192.0.2.1",
        ANTENNAPOD,
        2000,
        2000,
        bytes_served=2000,
        feed_id=people.paying.feed_id,
        member_id=people.paying.member_id,
    )
    clinic.write(hit)
    found = clinic.findings()[-1]
    assert (found.code, found.episode, found.app) == ("played", "Tides", "AntennaPod")


def test_a_feed_from_before_visits_were_kept_is_judged_by_its_last_fetch(
    clinic: Clinic, session: Session, people: People
) -> None:
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    feed.last_fetched_at, feed.last_app = clinic.clock.now, "Castro"
    session.commit()
    (found,) = clinic.findings()
    assert (found.code, found.app) == ("up_to_date", "Castro")


def test_an_app_that_invents_names_fills_no_table(clinic: Clinic, people: People) -> None:
    for number in range(MOST_APPS + 30):
        clinic.poll(f"Invented{number}x/1.0")
    clinic.poll("Invented3x/1.0", status=304)
    with clinic.sessions() as session:
        rows = session.scalars(select(FeedVisit)).all()
    assert len(rows) == MOST_APPS + 1
    assert [row.last_status for row in rows if row.app == "Invented3x"] == [304]


def test_a_visit_that_arrives_late_changes_nothing(clinic: Clinic) -> None:
    late = clinic.clock()
    clinic.clock.advance(minutes=5)
    clinic.poll(ANTENNAPOD, status=304)
    clinic.write(FeedPoll(late, clinic.people.paying.feed_id, 503, ANTENNAPOD))
    assert [f.status for f in clinic.findings()] == [304]
