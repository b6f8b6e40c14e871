"""Everything we know of a member, for the member (GDPR article 20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from feeds.downloads.models import MemberPlay
from feeds.grants import grants_of, ledger_of
from feeds.models import PrivateFeed
from feeds.private_feeds import feeds_of
from feeds.sharing.models import FeedDay
from podcast_server.accounts.mail_choices import choices_of
from podcast_server.accounts.models import Member, PlayPosition
from podcast_server.accounts.sessions import sessions_of
from podcast_server.mail.models import OutgoingMail


def export_member(session: Session, member: Member, now: datetime) -> dict[str, Any]:
    """Plain values, times in ISO 8601 UTC. Feed addresses are left out: they are keys."""
    shows = dict(session.execute(select(Show.id, Show.slug)).all())
    return {
        "exported_at": _time(now),
        "member": {
            "email": member.email,
            "name": member.name,
            "language": member.locale,
            "since": _time(member.created_at),
        },
        "feeds": [
            {
                "show": shows[feed.show_id],
                "name": feed.name,
                "state": feed.state,
                "made": _time(feed.created_at),
                "first_fetched": _time(feed.first_fetched_at),
                "last_fetched": _time(feed.last_fetched_at),
                "last_app": feed.last_app,
            }
            for feed in feeds_of(session, member.id)
        ],
        "rights": [
            {
                "show": shows[grant.show_id],
                "scope": grant.scope,
                "from": _time(grant.starts_at),
                "until": _time(grant.ends_at),
                "source": grant.source,
            }
            for grant in grants_of(session, member.id)
        ],
        "history": [
            {"at": _time(entry.at), "show": shows[entry.show_id], "what": entry.action}
            for entry in ledger_of(session, member.id)
        ],
        "heard": [
            {"day": play.day.isoformat(), "episode": play.episode_key}
            for play in session.scalars(
                select(MemberPlay).where(MemberPlay.member_id == member.id).order_by(MemberPlay.day)
            )
        ],
        "fetched": [
            {
                "feed": day.feed_id,
                "day": day.day.isoformat(),
                "apps": day.apps,
                "networks": day.networks,
                "copies": day.copies,
            }
            for day in session.scalars(
                select(FeedDay)
                .join(PrivateFeed, PrivateFeed.id == FeedDay.feed_id)
                .where(PrivateFeed.member_id == member.id)
                .order_by(FeedDay.day)
            )
        ],
        "positions": [
            {"episode": key, "seconds": at.seconds, "finished": at.finished}
            for key, at in session.execute(
                select(Episode.key, PlayPosition)
                .join(Episode, Episode.id == PlayPosition.episode_id)
                .where(PlayPosition.member_id == member.id)
                .order_by(Episode.key)
            )
        ],
        "episode_mails": [
            {"show": shows[show_id], "choice": choice}
            for show_id, choice in sorted(choices_of(session, member.id).items())
        ],
        "sessions": [
            {"device": each.device, "since": _time(each.created_at), "seen": _time(each.seen_at)}
            for each in sessions_of(session, member.id, now)
        ],
        "mails": [
            {"at": _time(mail.created_at), "subject": mail.subject}
            for mail in session.scalars(
                select(OutgoingMail)
                .where(OutgoingMail.recipient == member.email)
                .order_by(OutgoingMail.id)
            )
        ],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
