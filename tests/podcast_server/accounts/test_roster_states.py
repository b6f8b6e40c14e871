"""The list of members, worked out by the database, says what feeds would say of everybody."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.access import parse_windows
from feeds.grants import give_grant
from feeds.models import Access
from podcast_server.accounts import roster
from podcast_server.accounts.roster import Wanted, all_rows, list_roster
from podcast_server.accounts.standing import state_at
from podcast_server.services import Services
from tests.builders import CAUSE, build_feed, build_member, build_show, give_membership

pytestmark = pytest.mark.both_databases


def give_at_random(session: Session, show: Show, now: datetime, chance: random.Random) -> None:
    """Somebody with up to four rights of any kind, past, present and to come."""
    member = build_member(session, now)
    if chance.random() < 0.3:
        build_feed(session, member, show, now)
    for number in range(chance.randint(0, 4)):
        starts = now + timedelta(days=chance.randint(-50, 10))
        ends = starts + timedelta(days=chance.choice([0, 3, 20, 40]))
        give_grant(
            session,
            member_id=member.id,
            show_id=show.id,
            scope=chance.choice(["show", "show", "tier", "season", "episode"]),
            scope_id=0,
            starts_at=starts,
            ends_at=chance.choice([ends, ends, None]),
            source=f"test:{number}",
            cause=CAUSE,
            now=now,
            notice=chance.choice(["", "card_failing"]),
        )


@pytest.mark.thorough
def test_everybody_stands_as_their_access_says(services: Services, now: datetime) -> None:
    chance = random.Random(11)
    with services.sessions.begin() as session:
        show, other = build_show(session, now), build_show(session, now)
        for _ in range(150):
            give_at_random(session, show, now, chance)
            give_at_random(session, other, now, chance)
        session.flush()
        rows = session.query(Access).filter(Access.show_id == show.id)
        by_hand = {row.member_id: state_at(parse_windows(row.windows), now) for row in rows}
        found = {row.id: row.state for row in all_rows(session, show.id, now)}
        assert {key: found[key] for key in by_hand} == by_hand
        assert {found[key] for key in found.keys() - by_hand.keys()} <= {"free"}
        assert set(found.values()) == {"member", "card_failing", "lapsed", "free"}
        for state in ("member", "card_failing", "lapsed", "free"):
            wanted = Wanted(state=state)
            expected = sorted((key for key in found if found[key] == state), reverse=True)
            page, count = list_roster(session, show.id, wanted, now)
            assert count == len(expected)
            assert [row.id for row in page] == expected[: roster.PAGE]


def test_pages_follow_each_other_and_each_knows_how_many_there_are(
    services: Services, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "PAGE", 2)
    with services.sessions.begin() as session:
        show = build_show(session, now)
        members = [build_member(session, now) for _ in range(5)]
        for member in members:
            give_membership(session, member, show, now)
        pages = [list_roster(session, show.id, Wanted(page=page), now) for page in (1, 2, 3, 4)]
    ids = [member.id for member in reversed(members)]
    assert [[row.id for row in rows] for rows, _ in pages] == [ids[:2], ids[2:4], ids[4:], []]
    assert {count for _, count in pages} == {5}


def test_silence_is_told_by_the_feed_that_was_fetched_last(
    services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show, other = build_show(session, now), build_show(session, now)
        heard, silent, elsewhere = (build_member(session, now) for _ in range(3))
        for member in (heard, silent, elsewhere):
            give_membership(session, member, show, now)
        for member, days in ((heard, 40), (heard, 2), (silent, 40)):
            build_feed(session, member, show, now).last_fetched_at = now - timedelta(days=days)
        build_feed(session, elsewhere, other, now).last_fetched_at = now
        session.flush()

        def found(wanted: Wanted) -> list[int]:
            return [row.id for row in list_roster(session, show.id, wanted, now)[0]]

        assert found(Wanted(fetched="never")) == [elsewhere.id]
        assert found(Wanted(fetched="ever")) == [silent.id, heard.id]
        since = now - timedelta(days=30)
        assert found(Wanted(silent_since=since)) == [elsewhere.id, silent.id]
        assert found(Wanted(order="fetched")) == [heard.id, silent.id, elsewhere.id]
        assert found(Wanted(order="silent")) == [elsewhere.id, silent.id, heard.id]
        rows, _ = list_roster(session, show.id, Wanted(order="first"), now)
        assert rows[0].last_fetched == now - timedelta(days=2)
