"""Beginning, starting, pausing and forgetting an import: what the podcaster decides."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from episodes.errors import NotFound
from episodes.models import Show
from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.fetch import host_of
from episodes.rss_import.models import FeedImport, FeedImportItem
from episodes.rss_import.source import Source, Vault, pack

CLAIM_HOLDS = timedelta(minutes=1)  # after its last sign of life a worker counts as gone
MIRROR_EVERY = timedelta(hours=1)


def begin_import(
    session: Session,
    *,
    source: Source | None,
    vault: Vault,
    now: datetime,
    document: bytes | None = None,
    show: Show | None = None,
) -> FeedImport:
    """Note a feed that shall be looked at: by its address, or a file. ``show`` takes it in.

    An address that was brought over before is gone on with, so that its show stays one.
    """
    fingerprint = vault.fingerprint(source.url) if source else ""
    known = _earlier(session, fingerprint, show)
    if source and known is not None:
        known.source, known.show_id = source.sealed(vault), show.id if show else known.show_id
        _turn(known, "looking", now)
        return known
    begun = FeedImport(
        key=secrets.token_hex(12),
        show_id=show.id if show else None,
        source=source.sealed(vault) if source else "",
        fingerprint=fingerprint,
        document=pack(document) if document is not None else None,
        host=host_of(source.url) if source else "",
        state="looking",
        created_at=now,
        updated_at=now,
    )
    session.add(begun)
    session.flush()
    return begun


def _earlier(session: Session, fingerprint: str, show: Show | None) -> FeedImport | None:
    if not fingerprint:
        return None
    query = select(FeedImport).where(FeedImport.fingerprint == fingerprint)
    if show is not None:
        query = query.where(FeedImport.show_id == show.id)
    return session.scalars(query.order_by(FeedImport.id.desc())).first()


def find_import(session: Session, key: str) -> FeedImport:
    """The import of this key. Raises NotFound."""
    found = session.scalars(select(FeedImport).where(FeedImport.key == key)).first()
    if found is None:
        raise NotFound("there is no such import")
    return found


def list_imports(session: Session) -> list[FeedImport]:
    """All imports, newest first."""
    return list(session.scalars(select(FeedImport).order_by(FeedImport.id.desc())))


def start_copying(
    session: Session, found: FeedImport, fields: Mapping[str, Any], now: datetime, *, mirror: bool
) -> None:
    """Have it copied. ``fields`` hold for all its episodes: audience and tiers.

    Raises ImportRefused before it was looked at.
    """
    if found.state not in {"looked", "failed", "paused", "done"} or found.looked_at is None:
        raise ImportRefused("look at the feed first")
    if mirror and not found.source:
        raise ImportRefused("a file cannot be followed: give the feed's address")
    found.fields, found.mirror = dict(fields), mirror
    _turn(found, "copying", now)


def pause_import(found: FeedImport, now: datetime) -> None:
    """Stop copying after the file in hand; ``resume_import`` goes on. Also ends following."""
    if found.state == "copying":
        _turn(found, "paused", now)
    found.mirror = False


def resume_import(found: FeedImport, now: datetime) -> None:
    """Go on, or try again what failed."""
    if found.state in {"paused", "failed"}:
        _turn(found, "copying" if found.looked_at else "looking", now)


def forget_import(session: Session, found: FeedImport) -> None:
    """Delete the note of an import. What it brought stays."""
    session.execute(delete(FeedImportItem).where(FeedImportItem.import_id == found.id))
    session.delete(found)
    session.flush()


def _turn(found: FeedImport, state: str, now: datetime) -> None:
    found.state, found.reason, found.updated_at, found.claimed_at = state, "", now, None


def items_of(session: Session, found: FeedImport) -> list[FeedImportItem]:
    """Its items in the feed's order."""
    query = select(FeedImportItem).where(FeedImportItem.import_id == found.id)
    return list(session.scalars(query.order_by(FeedImportItem.position)))


def count_states(session: Session, found: FeedImport) -> dict[str, int]:
    """How many items stand how."""
    query = select(FeedImportItem.state, func.count()).where(FeedImportItem.import_id == found.id)
    rows = session.execute(query.group_by(FeedImportItem.state))
    return {row[0]: row[1] for row in rows}


def due_imports(session: Session, now: datetime) -> list[str]:
    """Imports with work to do that nobody does: new ones, those a crash left, mirrors."""
    free = or_(FeedImport.claimed_at.is_(None), FeedImport.claimed_at < now - CLAIM_HOLDS)
    working = FeedImport.state.in_(["looking", "copying"])
    # Also after a failure: a host that was away for an hour is followed on.
    following = (
        FeedImport.state.in_(["done", "failed"])
        & FeedImport.looked_at.is_not(None)
        & FeedImport.mirror
        & (FeedImport.updated_at < now - MIRROR_EVERY)
    )
    query = select(FeedImport.key).where(free, or_(working, following))
    return list(session.scalars(query.order_by(FeedImport.id)))
