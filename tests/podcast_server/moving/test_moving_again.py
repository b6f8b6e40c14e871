"""A second run over what was deleted and made again meanwhile: the other database follows."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from episodes.models import Audio, Episode, Show
from feeds.announcements import remove_announcement, set_announcement
from feeds.downloads.models import HitParcel
from feeds.models import Access, Announcement, Grant, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import give_role
from podcast_server.moving.database import move_database
from podcast_server.services import Services
from tests.builders import build_audio, build_feed, build_member, give_membership
from tests.conftest import NOW, People
from tests.podcast_server.moving.conftest import quiet


@pytest.fixture
def moved(filled: Services, people: People, target: Engine) -> Services:
    """Everything is over there once."""
    with filled.sessions.begin() as session:
        audio = build_audio(session, filled.storage, session.get_one(Show, people.show_id))
        set_announcement(session, people.show_id, "welcome", audio, NOW)
        staff = ensure_staff(session, "editor@example.org", now=NOW)
        give_role(session, staff.id, people.show_id, "editor")
    move_database(filled.engine, target, quiet)
    return filled


def again(services: Services, target: Engine) -> None:
    """Move again, which proves each table, and find nothing left to do."""
    move_database(services.engine, target, quiet)
    assert move_database(services.engine, target, quiet).changed == 0


@pytest.mark.thorough
def test_an_announcement_is_removed_and_set_again(
    moved: Services, people: People, target: Engine
) -> None:
    with moved.sessions.begin() as session:
        audio = session.scalars(select(Audio).join(Announcement)).one()
        session.add(
            Announcement(key="stands", show_id=people.show_id, notice="x", audio_id=audio.id)
        )
        remove_announcement(session, people.show_id, "welcome", NOW)
        session.flush()
        set_announcement(session, people.show_id, "welcome", audio, NOW)
    again(moved, target)


@pytest.mark.thorough
def test_a_member_is_deleted_and_made_again(moved: Services, target: Engine) -> None:
    with moved.sessions.begin() as session:
        build_member(session, NOW, "other@example.org")
        alone = build_member(session, NOW, "alone@example.org")
        build_member(session, NOW, "last@example.org")
    move_database(moved.engine, target, quiet)
    with moved.sessions.begin() as session:
        session.delete(session.get_one(Member, alone.id))
        session.flush()
        assert build_member(session, NOW, "alone@example.org").id != alone.id
    again(moved, target)


@pytest.mark.thorough
def test_an_address_passes_from_one_member_to_another(
    moved: Services, people: People, target: Engine
) -> None:
    with moved.sessions.begin() as session:
        first = session.get_one(Member, people.paying.member_id)
        second = session.get_one(Member, people.lapsed.member_id)
        address, first.email = first.email, "new@example.org"
        session.flush()
        second.email = address
    again(moved, target)


@pytest.mark.thorough
def test_two_members_swap_their_addresses(moved: Services, people: People, target: Engine) -> None:
    with moved.sessions.begin() as session:
        first = session.get_one(Member, people.paying.member_id)
        second = session.get_one(Member, people.lapsed.member_id)
        one, other = first.email, second.email
        first.email = "between@example.org"
        session.flush()
        second.email = one
        session.flush()
        first.email = other
    again(moved, target)
    with target.connect() as connection:
        whose = select(Member.email).where(Member.id == people.paying.member_id)
        assert connection.scalar(whose) == other
        feeds = select(func.count()).where(PrivateFeed.member_id == people.paying.member_id)
        assert connection.scalar(feeds) == 1


@pytest.mark.thorough
def test_a_role_is_given_instead_of_another(
    moved: Services, people: People, target: Engine
) -> None:
    with moved.sessions.begin() as session:
        staff = ensure_staff(session, "editor@example.org", now=NOW)
        other = ensure_staff(session, "other@example.org", now=NOW)
        give_role(session, other.id, people.show_id, "editor")
        give_role(session, staff.id, people.show_id, "analyst")
    again(moved, target)


@pytest.mark.thorough
def test_a_row_that_stays_points_elsewhere_before_what_it_pointed_at_goes(
    moved: Services, people: People, target: Engine
) -> None:
    with moved.sessions.begin() as session:
        episode = session.scalars(select(Episode).where(Episode.audio_id.is_not(None))).first()
        assert episode is not None
        before = episode.audio_id
        show = session.get_one(Show, people.show_id)
        episode.audio_id = build_audio(session, moved.storage, show).id
        session.flush()
        session.delete(session.get_one(Audio, before))
    again(moved, target)


@pytest.mark.thorough
def test_as_many_come_as_go(moved: Services, target: Engine) -> None:
    with moved.sessions.begin() as session:
        gone = build_member(session, NOW, "gone@example.org").id
        stays = build_member(session, NOW, "stays@example.org").id
    move_database(moved.engine, target, quiet)
    with moved.sessions.begin() as session:
        session.delete(session.get_one(Member, gone))
        come = build_member(session, NOW, "come@example.org").id
    assert come > stays
    again(moved, target)


@pytest.mark.thorough
def test_replaced_feeds_that_point_at_each_other_go(
    moved: Services, people: People, target: Engine, session: Session
) -> None:
    show = session.get_one(Show, people.show_id)
    member = build_member(session, NOW, "leaving@example.org")
    feeds = [build_feed(session, member, show, NOW) for _ in range(3)]
    for old, new in pairwise(feeds):
        old.replaced_by_id = new.id
    session.commit()
    move_database(moved.engine, target, quiet)
    for feed in feeds:
        session.delete(feed)
        session.flush()
    session.delete(member)
    session.commit()
    again(moved, target)


@pytest.mark.thorough
def test_hits_that_wait_to_be_taken_in_move_too(moved: Services, target: Engine) -> None:
    with moved.sessions.begin() as session:
        session.add_all(HitParcel(hits=f"[{number}]") for number in range(3))
    move_database(moved.engine, target, quiet)
    with moved.sessions.begin() as session:
        session.delete(session.scalars(select(HitParcel).order_by(HitParcel.id).limit(1)).one())
        session.add(HitParcel(hits="[9]"))
    again(moved, target)
    with target.connect() as connection:
        waiting = connection.scalars(select(HitParcel.hits).order_by(HitParcel.id)).all()
    assert waiting == ["[1]", "[2]", "[9]"]


@pytest.mark.thorough
def test_a_run_that_is_cut_off_after_the_removal_goes_on(
    moved: Services, people: People, target: Engine
) -> None:
    with moved.sessions.begin() as session:
        first = session.get_one(Member, people.paying.member_id)
        second = session.get_one(Member, people.lapsed.member_id)
        address, first.email = first.email, "new@example.org"
        session.flush()
        second.email = address

    def cut(_table: str, _rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(moved.engine, target, cut)
    again(moved, target)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(4))
def test_whatever_members_do_meanwhile(
    moved: Services, people: People, target: Engine, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        with moved.sessions.begin() as session:
            show = session.get_one(Show, people.show_id)
            for _ in range(12):
                _do_something(session, show, chance)
        again(moved, target)


def _do_something(session: Session, show: Show, chance: random.Random) -> None:
    addresses = [f"m{number}@example.org" for number in range(5)]
    known = session.scalars(select(Member).where(Member.email.in_(addresses))).all()
    free = sorted(set(addresses) - {member.email for member in known})
    if free and (chance.random() < 0.5 or not known):
        member = build_member(session, NOW, chance.choice(free))
        if chance.random() < 0.5:
            build_feed(session, member, show, NOW)
        if chance.random() < 0.3:
            give_membership(session, member, show, NOW)
    elif free and chance.random() < 0.5:
        chance.choice(known).email = chance.choice(free)
    else:
        gone = chance.choice(known)
        if gone.email and not _has_rights(session, gone):
            for feed in session.scalars(
                select(PrivateFeed).where(PrivateFeed.member_id == gone.id)
            ):
                session.delete(feed)
            session.flush()
            session.delete(gone)
    session.flush()


def _has_rights(session: Session, member: Member) -> bool:
    return any(
        session.scalar(select(func.count()).where(table.member_id == member.id))
        for table in (Access, Grant)
    )
