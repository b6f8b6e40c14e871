"""Invite the people of an import: one mail each with the buttons, a few a minute, so that other
mails are not held up and mail servers do not take fright."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.models import Grant, PrivateFeed
from feeds.private_feeds import find_feed
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import Member
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.moving_letters import INVITATION, invitation_letter
from podcast_server.mail.outbox import put_letter
from podcast_server.moving.members.errors import NoSuchImport
from podcast_server.moving.members.imports import Desk
from podcast_server.moving.members.models import ImportedRow, MemberImport

# Who reads mail once a week still finds the link working.
INVITATION_LIFE = timedelta(days=14)
# No more than so many wait in the outbox at a time.
_WAITING = 60
AddLink = Callable[[PrivateFeed, datetime], str]


def start_inviting(session: Session, row: MemberImport) -> None:
    """Begin, or go on after a pause. Raises NoSuchImport unless everything was given."""
    if row.state != "applied":
        raise NoSuchImport(f"import {row.id} is not applied: nobody can be invited yet")
    row.inviting = "running"
    session.flush()


def pause_inviting(session: Session, row: MemberImport) -> None:
    """Send no more for now."""
    if row.inviting == "running":
        row.inviting = "paused"
        session.flush()


def not_yet_told() -> ColumnElement[bool]:
    """Grants of people whom nobody has invited: the first they hear must not be of the end."""
    theirs = ImportedRow.member_id == Grant.member_id
    return (
        Grant.source.like("import:%")
        & exists().where(theirs, ImportedRow.invited_at.is_(None))
        & ~exists().where(theirs, ImportedRow.invited_at.is_not(None))
    )


def post_invitations(desk: Desk, site_name: str, add_link: AddLink, now: datetime) -> int:
    """Put the next invitations into the outbox; how many. Own transactions, one for each.

    ``add_link`` makes the address of a feed's buttons, good until a time.
    """
    with desk.till.reading() as session:
        room = _WAITING - _waiting(session)
        due = session.scalars(
            select(ImportedRow.id)
            .join(MemberImport, MemberImport.id == ImportedRow.import_id)
            .where(MemberImport.inviting == "running", *_to_invite())
            .order_by(ImportedRow.id)
            .limit(max(room, 0))
        ).all()
    posted = sum(_post(desk, each, site_name, add_link, now) for each in due)
    _note_done(desk)
    return posted


def _to_invite() -> tuple[ColumnElement[bool], ...]:
    return (
        ImportedRow.state == "done",
        ImportedRow.word.in_(("new", "renewed")),
        ImportedRow.invited_at.is_(None),
    )


def _waiting(session: Session) -> int:
    query = select(func.count()).where(
        OutgoingMail.kind == INVITATION, OutgoingMail.state.in_(("queued", "sending"))
    )
    return session.scalar(query) or 0


def _post(desk: Desk, row_id: int, site_name: str, add_link: AddLink, now: datetime) -> int:
    with desk.till.sessions.begin() as session:
        query = select(ImportedRow).where(ImportedRow.id == row_id, *_to_invite())
        row = session.scalars(query.with_for_update()).first()
        if row is None or row.member_id is None:  # invited or taken back meanwhile
            return 0
        row.invited_at = now
        member = session.get_one(Member, row.member_id)
        show_id = row.shows[0] if row.shows else 0
        feed = find_feed(session, member.id, show_id)
        if is_erased(member) or feed is None or _was_invited(session, row):
            return 0
        until = now + INVITATION_LIFE
        letter = invitation_letter(
            member.locale,
            session.get_one(Show, show_id).title,
            add_link(feed, until),
            f"{desk.till.public_url}/me",
        )
        put_letter(session, letter, member.email, site_name=site_name, now=now, expires_at=until)
    return 1


def _was_invited(session: Session, row: ImportedRow) -> bool:
    """Whether another row, of this import or another, has invited them to the same show."""
    others = session.scalars(
        select(ImportedRow).where(
            ImportedRow.member_id == row.member_id,
            ImportedRow.id != row.id,
            ImportedRow.invited_at.is_not(None),
        )
    )
    return any(each.shows[:1] == row.shows[:1] for each in others)


def _note_done(desk: Desk) -> None:
    with desk.till.sessions.begin() as session:
        for row in session.scalars(select(MemberImport).where(MemberImport.inviting == "running")):
            left = select(ImportedRow.id).where(ImportedRow.import_id == row.id, *_to_invite())
            if session.scalars(left.limit(1)).first() is None:
                row.inviting = "done"
