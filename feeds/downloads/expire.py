"""Raw hits go after their time, a member's when asked; what was counted from them stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.agents import built_in_agents
from feeds.downloads.models import BusyAddress, CountedDay, MemberPlay, RawHit
from feeds.downloads.parcels import take_in_some
from feeds.downloads.partitions import drop_day, lock_day, partition_days
from feeds.models import FeedVisit, PrivateFeed
from feeds.sharing.models import FeedDay, SharingCase

AT_ONCE = 20_000  # rows in one transaction

_FINISHED = or_(CountedDay.hits_version <= CountedDay.counted_version, CountedDay.raw_expired)


def expire_raw_hits(sessions: sessionmaker[Session], now: datetime, keep_days: int) -> int:
    """Delete raw hits of UTC days more than ``keep_days`` ago; returns how many.

    A day that is not counted yet stays until it is. In steps: no transaction is long, and one
    that was cut off is gone on with.
    """
    before = now.astimezone(UTC).date() - timedelta(days=keep_days)
    with sessions() as session:
        session.connection(execution_options={"read_only": True})
        finished = _finished_days(session, before)
        days = [day for day in partition_days(session) if day < before]
    deleted = sum(_drop_finished_day(sessions, day) for day in days)
    for day, episode_key in finished:
        with sessions.begin() as session:
            closed = _close_day(session, day, episode_key)
        while closed:
            with sessions.begin() as session:
                gone = _delete_some(session, day, episode_key)
            deleted += gone
            closed = gone == AT_ONCE
    with sessions.begin() as session:
        session.execute(delete(BusyAddress).where(BusyAddress.day < before))
    return deleted


def _drop_finished_day(sessions: sessionmaker[Session], day: date) -> int:
    """Forget a whole day at once; how many hits that were, 0 while one of its episodes is not
    counted."""
    with sessions() as session:
        if not lock_day(session, day):
            return 0
        here = CountedDay.day == day
        if session.scalar(select(CountedDay.day).where(here, ~_FINISHED).limit(1)):
            return 0
        session.execute(update(CountedDay).where(here).values(raw_expired=True))
        gone = drop_day(session, day)
        session.commit()
        return gone


def _finished_days(session: Session, before: date) -> list[tuple[date, str]]:
    # Asked of the hits, not of raw_expired: one that came too late may still lie there.
    has_hits = (
        select(RawHit.id)
        .where(RawHit.day == CountedDay.day, RawHit.episode_key == CountedDay.episode_key)
        .exists()
    )
    due = select(CountedDay.day, CountedDay.episode_key).where(CountedDay.day < before)
    return [(row.day, row.episode_key) for row in session.execute(due.where(_FINISHED, has_hits))]


def _close_day(session: Session, day: date, episode_key: str) -> bool:
    """Have its count final; False if a hit came in meanwhile, which is counted first."""
    closed = session.execute(
        update(CountedDay)
        .where(CountedDay.day == day, CountedDay.episode_key == episode_key, _FINISHED)
        .values(raw_expired=True)
    )
    return bool(closed.rowcount == 1)  # type: ignore[attr-defined]


def _delete_some(session: Session, day: date, episode_key: str) -> int:
    some = (
        select(RawHit.id)
        .where(RawHit.day == day, RawHit.episode_key == episode_key)
        .limit(AT_ONCE)
        .scalar_subquery()
    )
    gone = session.execute(
        delete(RawHit).where(RawHit.id.in_(some)).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def forget_member(session: Session, member_id: int) -> None:
    """Take a member out of hits, plays and visits; downloads, which name nobody, stay."""
    while take_in_some(session, built_in_agents()):  # theirs may be among those that still wait
        pass
    session.execute(
        update(RawHit).where(RawHit.member_id == member_id).values(member_id=None, feed_id=None)
    )
    session.execute(delete(MemberPlay).where(MemberPlay.member_id == member_id))
    theirs = select(PrivateFeed.id).where(PrivateFeed.member_id == member_id)
    for table in (FeedVisit, FeedDay, SharingCase):
        session.execute(
            delete(table)
            .where(table.feed_id.in_(theirs))
            .execution_options(synchronize_session=False)
        )
