"""Feeds that look shared, as the podcaster sees them and acts on them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from episodes.models import Show
from feeds.models import LedgerEntry, PrivateFeed
from feeds.private_feeds import feeds_of
from feeds.sharing.models import FeedDay, SharingCase
from feeds.sharing.policy import Wishes
from feeds.sharing.watch import wishes_of
from podcast_server.jobs.schedule import watch_sharing
from podcast_server.services import Services
from tests.builders import build_feed, build_member, build_show, give_membership
from tests.conftest import Clock
from tests.podcast_server.conftest import Letters
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/shows/harbour/sharing"


@pytest.fixture
def case(services: Services, harbour: Show, clock: Clock) -> SharingCase:
    """Ada's feed, fetched twenty times over on each of the last five days."""
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        member = build_member(session, clock.now, "ada@example.org")
        give_membership(session, member, show, clock.now)
        feed = build_feed(session, member, show, clock.now)
        for ago in range(2, 7):
            day = (clock.now - timedelta(days=ago)).date()
            session.add(FeedDay(day=day, feed_id=feed.id, apps=4, networks=15, copies=20 + ago))
        found = SharingCase(feed_id=feed.id, noticed_at=clock.now - timedelta(days=1))
        session.add(found)
        session.flush()
        return found


def state(services: Services, case: SharingCase) -> SharingCase:
    with services.sessions() as session:
        return session.get_one(SharingCase, case.id)


def test_the_list_shows_the_figures(owner: Desk, case: SharingCase) -> None:
    page = owner.get(PAGE).text
    assert "ada@example.org" in page
    assert "Beyond the ordinary on 5 days" in page
    assert "At most 26 copies" in page
    assert "1 feed looks shared" in owner.get("/studio/shows/harbour/members").text


def test_a_show_without_such_feeds_says_so(owner: Desk, harbour: Show) -> None:
    assert "No feed looks shared" in owner.get(PAGE).text


def test_the_member_is_asked_once(
    owner: Desk, services: Services, case: SharingCase, letters: Letters
) -> None:
    for _ in range(2):
        owner.send(f"{PAGE}/{case.id}/ask")
    assert [(m.kind, m.recipient) for m in letters.all()] == [("feed_shared", "ada@example.org")]
    assert state(services, case).mailed_at is not None
    assert "Ask kindly" not in owner.get(PAGE).text


def test_a_reset_gives_a_new_address_and_says_who_did_it(
    owner: Desk, services: Services, case: SharingCase, letters: Letters
) -> None:
    owner.send(f"{PAGE}/{case.id}/reset")
    with services.sessions() as session:
        feed = session.get_one(PrivateFeed, case.feed_id)
        assert [each.state for each in feeds_of(session, feed.member_id)] == ["replaced", "open"]
        entry = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id.desc())).first()
    assert entry is not None
    assert entry.actor == "owner@example.org"
    assert letters.newest().kind == "feed_shared_reset"
    assert owner.send(f"{PAGE}/{case.id}/reset").status_code == 404


@pytest.mark.thorough
def test_what_is_dismissed_stays_quiet_for_thirty_days(
    owner: Desk, services: Services, case: SharingCase, clock: Clock, letters: Letters
) -> None:
    owner.send(f"{PAGE}/{case.id}/dismiss")
    assert "No feed looks shared" in owner.get(PAGE).text
    with services.sessions.begin() as session:
        for ahead in range(1, 34):
            day = (clock.now + timedelta(days=ahead)).date()
            session.add(FeedDay(day=day, feed_id=case.feed_id, apps=4, networks=9, copies=20))
    clock.advance(days=29)
    watch_sharing(services, clock.now)
    assert "No feed looks shared" in owner.get(PAGE).text
    clock.advance(days=3)
    watch_sharing(services, clock.now)
    assert "ada@example.org" in owner.get(PAGE).text


def test_the_rule_is_chosen_here(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(f"{PAGE}/rule", resets="y")
    with services.sessions() as session:
        assert wishes_of(session, harbour.id) == Wishes(mails_member=False, resets=True)
    owner.send(f"{PAGE}/rule", mails_member="y")
    with services.sessions() as session:
        assert wishes_of(session, harbour.id) == Wishes(mails_member=True, resets=False)


@pytest.mark.parametrize("act", ["ask", "reset", "dismiss"])
def test_a_case_of_another_show_is_not_found(
    owner: Desk, services: Services, case: SharingCase, clock: Clock, act: str
) -> None:
    with services.sessions.begin() as session:
        build_show(session, clock.now, slug="other")
    assert owner.send(f"/studio/shows/other/sharing/{case.id}/{act}").status_code == 404
    assert state(services, case).closed_at is None


def test_a_feed_the_member_has_reset_is_settled(
    owner: Desk, services: Services, case: SharingCase, letters: Letters
) -> None:
    with services.sessions.begin() as session:
        session.get_one(PrivateFeed, case.feed_id).state = "replaced"
    assert "No feed looks shared" in owner.get(PAGE).text
    assert owner.send(f"{PAGE}/{case.id}/ask").status_code == 404
    assert letters.all() == []
