"""Mail what came out, to each who asked for it, once, and only what they may hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Select, and_, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Episode, Show
from episodes.notes import plain_text
from feeds.access import entitlement_at, may_hear, parse_windows
from feeds.models import Access
from feeds.rendering.assemble import facts_of
from podcast_server.accounts.mail_choices import unsubscribe_token
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import EpisodeMails, Member
from podcast_server.mail.episode_letters import NewEpisode, new_episodes_letter
from podcast_server.mail.outbox import put_letter

# So that an episode published by mistake can be taken back before anybody reads of it.
PAUSE = timedelta(minutes=10)
WEEK = timedelta(days=7)
LONGEST_NOTES = 300  # characters


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mails are written; ``secret`` signs the addresses that end them."""

    site_name: str
    public_url: str
    secret: bytes


def send_episode_mails(sessions: sessionmaker[Session], sender: Sender, now: datetime) -> int:
    """Put every mail that is due into the outbox; returns how many.

    One transaction for each, together with the note of what it told.
    """
    until = now - PAUSE
    with sessions() as session:
        session.connection(execution_options={"read_only": True})
        due = session.execute(_due(until)).all()
    return sum(_mail(sessions, sender, row.member_id, row.show_id, until, now) for row in due)


def _due(until: datetime) -> Select[int, int]:
    return (
        select(EpisodeMails.member_id, EpisodeMails.show_id)
        .where(_wants(until))
        .where(
            select(Episode.id)
            .where(
                Episode.show_id == EpisodeMails.show_id,
                Episode.state == "ready",
                Episode.publish_at > EpisodeMails.told_until,
                Episode.publish_at <= until,
            )
            .exists()
        )
        .order_by(EpisodeMails.member_id, EpisodeMails.show_id)
    )


def _wants(until: datetime) -> ColumnElement[bool]:
    weekly = and_(EpisodeMails.choice == "weekly", EpisodeMails.told_until <= until - WEEK)
    return or_(EpisodeMails.choice == "each", weekly)


def _mail(
    sessions: sessionmaker[Session],
    sender: Sender,
    member_id: int,
    show_id: int,
    until: datetime,
    now: datetime,
) -> bool:
    with sessions.begin() as session:
        row = session.get_one(EpisodeMails, (member_id, show_id))
        since = row.told_until
        if not _claim(session, row, until):
            return False
        member = session.get_one(Member, member_id)
        show = session.get_one(Show, show_id)
        news = _news(session, member_id, show, since, until)
        if not news or is_erased(member):
            return False
        token = unsubscribe_token(sender.secret, member_id, show_id)
        letter = new_episodes_letter(
            member.locale,
            show.title,
            [_told(episode, sender) for episode in news],
            stop=f"{sender.public_url}/unsubscribe/{token}",
        )
        put_letter(session, letter, member.email, site_name=sender.site_name, now=now)
    return True


def _claim(session: Session, row: EpisodeMails, until: datetime) -> bool:
    """Note what is about to be told; false when another worker was faster."""
    moved = session.execute(
        update(EpisodeMails)
        .where(
            EpisodeMails.member_id == row.member_id,
            EpisodeMails.show_id == row.show_id,
            EpisodeMails.told_until == row.told_until,
            _wants(until),
        )
        .values(told_until=until)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    return bool(moved.rowcount)


def _news(
    session: Session, member_id: int, show: Show, since: datetime, until: datetime
) -> Sequence[Episode]:
    access = session.get(Access, (member_id, show.id))
    windows = parse_windows(access.windows) if access else ()
    entitlement = entitlement_at(windows, until.timestamp())
    episodes = session.scalars(
        select(Episode)
        .where(Episode.show_id == show.id, Episode.state == "ready")
        .where(Episode.publish_at > since, Episode.publish_at <= until)
        .order_by(Episode.publish_at, Episode.id)
    )
    return [each for each in episodes if may_hear(entitlement, facts_of(each), until.timestamp())]


def _told(episode: Episode, sender: Sender) -> NewEpisode:
    notes = " ".join(plain_text(episode.notes).split())
    if len(notes) > LONGEST_NOTES:
        notes = notes[:LONGEST_NOTES].rsplit(" ", 1)[0] + " …"
    return NewEpisode(episode.title, notes, f"{sender.public_url}/me/listen/{episode.key}")
