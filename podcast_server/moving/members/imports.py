"""Begin an import, find it again, and count how far it is."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from feeds.models import PrivateFeed
from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.billing.till import Till
from podcast_server.moving.members.columns import Columns, choose_columns, entries, tiers_in
from podcast_server.moving.members.errors import MappingRefused, NoSuchImport
from podcast_server.moving.members.models import ImportedRow, MemberImport
from podcast_server.moving.members.presets import Preset, find_preset, recognise
from podcast_server.moving.members.read import Sheet, read_sheet
from podcast_server.moving.members.targets import Choices, as_json, find_targets, from_json
from podcast_server.moving.members.verdicts import Grounds


@dataclass(frozen=True, slots=True)
class Desk:
    """What bringing members over needs: the till, the secret of old paths, their language."""

    till: Till
    path_secret: bytes
    language: str = "en"

    def provider(self) -> PaymentProvider | None:
        """Who knows subscriptions made elsewhere; None where payments are confirmed by hand."""
        return None if self.till.selling.realm == "manual" else self.till.selling


@dataclass(frozen=True, slots=True)
class Table:
    """A file read by an import's choices."""

    sheet: Sheet
    preset: Preset | None
    columns: Columns

    def tiers(self) -> dict[str, int]:
        """The host's tiers and how many have each."""
        return tiers_in(entries(self.sheet, self.columns))


def read_table(data: bytes, choices: Choices) -> Table:
    """Read a file by a preset (the one it looks like, when "auto") and chosen columns.

    Raises TableRefused, MappingRefused.
    """
    sheet = read_sheet(data)
    if choices.preset == "auto":
        preset = recognise(sheet.headers)
    else:
        preset = find_preset(choices.preset)
        if preset is None and choices.preset:
            raise MappingRefused(f"there is no preset “{choices.preset}”")
    return Table(sheet, preset, choose_columns(sheet, preset, choices.columns))


def grounds_of(
    session: Session, desk: Desk, table: Table, choices: Choices, now: datetime
) -> Grounds:
    """What verdicts are made from. Raises MappingRefused."""
    provider = desk.provider() if choices.adopt else None
    wants_one = table.preset is not None and table.preset.needs_subscription
    if provider is None and choices.adopt and wants_one:
        raise MappingRefused("these payments are taken over from Stripe: set [stripe] secret_key")
    realm = "" if provider is None else provider.realm
    return Grounds(choices, find_targets(session, choices), table.preset, realm, now)


def begin_import(
    session: Session,
    data: bytes,
    choices: Choices,
    *,
    file_name: str,
    by: str,
    now: datetime,
    show_id: int | None = None,
    draft: bool = False,
) -> MemberImport:
    """A new import; or the one with the same file and choices that is there, to be resumed."""
    digest = _digest(data, choices)
    alive = MemberImport.state.in_(("reading", "applying", "applied"))
    known = select(MemberImport).where(MemberImport.digest == digest, alive)
    found = session.scalars(known).first()
    if found is not None and not draft:
        return found
    made = MemberImport(
        state="draft" if draft else "reading",
        file_name=file_name[:255],
        choices=as_json(choices),
        digest=digest,
        content=gzip.compress(data, 6),
        started_by=by[:80],
        show_id=show_id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _digest(data: bytes, choices: Choices) -> str:
    written = json.dumps(as_json(choices), sort_keys=True)
    return hashlib.sha256(hashlib.sha256(data).digest() + written.encode()).hexdigest()


def content_of(row: MemberImport) -> bytes:
    """The file. Raises NoSuchImport once it was forgotten."""
    if row.content is None:
        raise NoSuchImport(f"the file of import {row.id} is not kept any more")
    return gzip.decompress(row.content)


def change_choices(session: Session, row: MemberImport, choices: Choices) -> None:
    """Other choices for a draft. Raises NoSuchImport for one that has begun."""
    if row.state != "draft":
        raise NoSuchImport(f"import {row.id} has begun already")
    row.choices, row.digest = as_json(choices), _digest(content_of(row), choices)
    row.problem = ""
    session.flush()


def choices_of(row: MemberImport) -> Choices:
    """How the import reads its file."""
    return from_json(row.choices)


def find_import(session: Session, number: int) -> MemberImport:
    """The import with this number. Raises NoSuchImport."""
    row = session.get(MemberImport, number)
    if row is None:
        raise NoSuchImport(f"there is no import {number}: podcast-server import list")
    return row


def list_imports(
    session: Session, show_id: int | None = None, *, commanded: bool = True
) -> list[MemberImport]:
    """All imports, or those of one show's studio, newest first; ``commanded`` with those from
    the command line, which belong to no show."""
    query = select(MemberImport).order_by(MemberImport.id.desc()).limit(200)
    if show_id is not None:
        theirs = MemberImport.show_id == show_id
        query = query.where(theirs | MemberImport.show_id.is_(None) if commanded else theirs)
    return list(session.scalars(query))


def label_of(row: MemberImport) -> str:
    """How an import is named in ledgers."""
    return f"import {row.id} ({row.file_name or row.source or 'a table'})"[:200]


def source_of(row: MemberImport) -> str:
    """What grants of an import have as their source. The number alone would be another
    import's where grants came along to a new server."""
    return f"import:{row.id}:{row.digest[:8]}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows are in which state and came to which verdict; how many were invited, and
    how many have their feed in an app."""

    states: Counter[str]
    words: Counter[str]
    invited: int
    to_invite: int
    in_app: int

    @property
    def rows(self) -> int:
        """All of them."""
        return self.states.total()


def progress_of(session: Session, row: MemberImport) -> Progress:
    """How far an import is."""
    kinds = (ImportedRow.state, ImportedRow.word)
    counted = session.execute(
        select(*kinds, func.count(), func.count(ImportedRow.invited_at))
        .where(ImportedRow.import_id == row.id)
        .group_by(*kinds)
    )
    states: Counter[str] = Counter()
    words: Counter[str] = Counter()
    invited = to_invite = 0
    for state, word, count, letters in counted:
        states[state] += count
        words[word] += count
        invited += letters
        if state == "done" and word in {"new", "renewed"}:
            to_invite += count - letters
    return Progress(states, words, invited, to_invite, _in_app(session, row.id))


def _in_app(session: Session, import_id: int) -> int:
    """People of an import whose feed was fetched at least once."""
    fetched = exists().where(
        PrivateFeed.member_id == ImportedRow.member_id, PrivateFeed.first_fetched_at.is_not(None)
    )
    query = select(func.count(ImportedRow.member_id.distinct())).where(
        ImportedRow.import_id == import_id, ImportedRow.state == "done", fetched
    )
    return session.scalar(query) or 0


def export_imported(session: Session, member_id: int) -> list[dict[str, str | None]]:
    """What imports brought of a member, as plain values for their own archive."""
    rows = session.execute(
        select(ImportedRow, MemberImport)
        .join(MemberImport, MemberImport.id == ImportedRow.import_id)
        .where(ImportedRow.member_id == member_id)
        .order_by(ImportedRow.id)
    )
    return [
        {
            "from": owner.source or owner.file_name,
            "at": None if owner.applied_at is None else owner.applied_at.isoformat(),
            "name": row.name,
            "tier": row.tier,
            "since": None if row.joined_at is None else row.joined_at.isoformat(),
            "until": None if row.ends_at is None else row.ends_at.isoformat(),
        }
        for row, owner in rows
    ]
