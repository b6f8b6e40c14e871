"""Remove people an import made who never did anything, and what imports know of people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from episodes.db import Base
from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member, SignInRequest
from podcast_server.mail.models import OutgoingMail
from podcast_server.moving.members.models import ImportedRow, MemberImport, MovedPath

# So long the rows of an import can be looked at; then only numbers stay.
KEEP = timedelta(days=180)
KEEP_DRAFTS = timedelta(days=7)
# What an import itself writes about somebody.
_WRITTEN_BY_US = {"access", "grants", "ledger", "private_feeds", "member_import_rows"}


def is_untouched(session: Session, member_id: int, sources: Collection[str]) -> bool:
    """Whether nothing is known of a member but what an import wrote, with these ``sources``:
    they never signed in, paid, subscribed, chose anything or were given anything else."""
    others = (
        exists().where(Grant.member_id == member_id, Grant.source.not_in(sources))
        | exists().where(
            PrivateFeed.member_id == member_id,
            PrivateFeed.first_fetched_at.is_not(None)
            | (PrivateFeed.state != "open")
            | (PrivateFeed.name != ""),
        )
        | exists().where(ImportedRow.member_id == member_id, ImportedRow.state == "done")
        | exists().where(SignInRequest.email == Member.email)
    )
    noted = select(Member.id).where(Member.id == member_id, Member.note == "", ~others)
    return session.scalar(noted) is not None and not _is_mentioned(session, member_id)


def _is_mentioned(session: Session, member_id: int) -> bool:
    """Whether any other table points at them."""
    for table in Base.metadata.sorted_tables:
        if table.name in _WRITTEN_BY_US:
            continue
        for column in table.columns:
            if any(key.column.table.name == "members" for key in column.foreign_keys):
                query = select(exists().where(column == member_id))
                if session.scalar(query):
                    return True
    return False


def forget_newcomer(session: Session, member_id: int) -> None:
    """Remove a member as if they had never been, with mails that have not left yet."""
    member = session.get_one(Member, member_id)
    feeds = select(PrivateFeed.id).where(PrivateFeed.member_id == member_id)
    waiting = OutgoingMail.state.in_(("queued", "kept"))
    session.execute(delete(OutgoingMail).where(OutgoingMail.recipient == member.email, waiting))
    session.execute(delete(MovedPath).where(MovedPath.feed_id.in_(feeds)))
    session.execute(
        update(ImportedRow).where(ImportedRow.member_id == member_id).values(member_id=None)
    )
    for model in (LedgerEntry, Grant, Access, PrivateFeed):
        session.execute(delete(model).where(model.member_id == member_id))
    session.execute(delete(Member).where(Member.id == member_id))
    session.expire_all()


def forget_imported(session: Session, member_id: int, email: str) -> None:
    """Take somebody who is erased out of all imports. Their old addresses lead nowhere then."""
    feeds = select(PrivateFeed.id).where(PrivateFeed.member_id == member_id)
    session.execute(delete(MovedPath).where(MovedPath.feed_id.in_(feeds)))
    session.execute(
        update(ImportedRow)
        .where((ImportedRow.member_id == member_id) | (ImportedRow.email == email))
        .values(email="", name="", tier="", detail="", old_path_hash="")
    )


def forget_old_imports(session: Session, now: datetime) -> None:
    """Delete drafts nobody went on with, and the names in rows of imports long done."""
    drafts = select(MemberImport.id).where(
        MemberImport.state == "draft", MemberImport.created_at < now - KEEP_DRAFTS
    )
    session.execute(delete(MemberImport).where(MemberImport.id.in_(drafts)))
    old = select(MemberImport.id).where(MemberImport.created_at < now - KEEP)
    session.execute(
        update(ImportedRow)
        .where(ImportedRow.import_id.in_(old), ImportedRow.email != "")
        .values(email="", name="", tier="", detail="")
    )
