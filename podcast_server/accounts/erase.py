"""Forget a member: feeds close, rights end, the person becomes a number without a name.

The number stays, because payments and the ledger of access refer to it and must be kept by law.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from feeds.downloads.expire import forget_member
from feeds.grants import Cause, end_grant, grants_of
from feeds.private_feeds import feeds_of, revoke_feed
from podcast_server.accounts.models import EpisodeMails, Member, PlayPosition, SignInRequest
from podcast_server.accounts.sessions import end_sessions
from podcast_server.mail.models import OutgoingMail


def erase_member(session: Session, member: Member, *, cause: Cause, now: datetime) -> None:
    """Erase a person. Their feeds answer 410 from now on. Cannot be undone."""
    for feed in feeds_of(session, member.id):
        feed.name = feed.last_app = ""
        revoke_feed(session, feed, cause=cause, now=now)
    for grant in grants_of(session, member.id):
        end_grant(session, grant, at=now, cause=cause, now=now)
    end_sessions(session, member.id)
    forget_member(session, member.id)
    for table in (EpisodeMails, PlayPosition):
        session.execute(delete(table).where(table.member_id == member.id))
    session.execute(delete(SignInRequest).where(SignInRequest.email == member.email))
    session.execute(delete(OutgoingMail).where(OutgoingMail.recipient == member.email))
    # An address that can never be typed, so nobody signs in as what is left.
    member.email, member.name, member.note = f"erased-{member.id}", "", ""
    session.flush()
