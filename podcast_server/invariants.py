"""What must hold whatever died in between: nothing lost, nothing doubled, nothing leaked.

Each check reads the whole database (and, for stored audio, every file) and names what
breaks a rule. ``doctor --deep`` runs them; the tests that kill processes do, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from episodes.ingest import mentioned_objects
from episodes.models import Episode, Upload
from episodes.rss_import.models import FeedImport
from episodes.storage.base import Storage
from episodes.whole import is_whole, sums_of
from feeds.downloads.agents import Classifier, built_in_agents
from feeds.downloads.count import CountingRules
from feeds.downloads.rollup import miscounted_days
from feeds.grants import grants_of
from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from podcast_server.billing.audit import recorded_twice, unlike_paid
from podcast_server.billing.dunning import Rules
from podcast_server.billing.models import PaymentEvent
from podcast_server.billing.till import Terms
from podcast_server.mail.models import OutgoingMail

STUCK = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that does not hold: which, and where."""

    rule: str
    where: str


@dataclass(frozen=True, slots=True)
class World:
    """What the checks look at."""

    session: Session
    storage: Storage
    now: datetime
    terms: Terms = field(default_factory=lambda: Terms(Rules(), "", b"", frozenset()))
    classify: Classifier = field(default_factory=built_in_agents)


def broken_rules(world: World) -> Iterator[Broken]:
    """Everything that is wrong, rule after rule."""
    for rule, check in RULES.items():
        for where in check(world):
            yield Broken(rule, where)


def _files_are_there(world: World) -> Iterator[str]:
    for key in sorted(mentioned_objects(world.session)):
        if world.storage.stat(key) is None:
            yield key


def _files_are_whole(world: World) -> Iterator[str]:
    wanted = sums_of(world.session, sorted(mentioned_objects(world.session)))
    for key, digest in wanted.items():
        # What is missing is said by the rule before.
        if digest and world.storage.stat(key) and not is_whole(world.storage, key, digest):
            yield key


def _episodes_out_have_audio(world: World) -> Iterator[str]:
    rows = select(Episode.key).where(
        Episode.state == "ready", Episode.publish_at <= world.now, Episode.audio_id.is_(None)
    )
    yield from world.session.scalars(rows)


def _access_is_what_grants_say(world: World) -> Iterator[str]:
    rows = {(row.member_id, row.show_id): row for row in world.session.scalars(select(Access))}
    pairs = world.session.execute(select(Grant.member_id, Grant.show_id).distinct())
    for pair in {*rows, *((row.member_id, row.show_id) for row in pairs)}:
        held = sorted(json.loads(rows[pair].windows), key=repr) if pair in rows else None
        if held != sorted((_window(grant) for grant in grants_of(world.session, *pair)), key=repr):
            yield f"member {pair[0]}, show {pair[1]}"


def _window(grant: Grant) -> list[object]:
    until = None if grant.ends_at is None else int(grant.ends_at.timestamp())
    return [grant.scope, grant.scope_id, int(grant.starts_at.timestamp()), until, grant.notice]


def _grants_are_given_once(world: World) -> Iterator[str]:
    same = (Grant.member_id, Grant.show_id, Grant.scope, Grant.scope_id, Grant.source)
    rows = world.session.execute(select(*same).group_by(*same).having(func.count() > 1))
    for row in rows:
        yield f"member {row.member_id}, show {row.show_id}, {row.source}"


def _grants_are_written_down(world: World) -> Iterator[str]:
    written = select(LedgerEntry.grant_id).where(LedgerEntry.grant_id.is_not(None))
    rows = select(Grant.id).where(Grant.id.not_in(written)).order_by(Grant.id)
    for grant_id in world.session.scalars(rows):
        yield f"grant {grant_id}"


def _replaced_feeds_lead_on(world: World) -> Iterator[str]:
    feeds = {feed.id: feed for feed in world.session.scalars(select(PrivateFeed))}
    for feed in feeds.values():
        after = feeds.get(feed.replaced_by_id or 0)
        if after is not None and (after.member_id, after.show_id) != (feed.member_id, feed.show_id):
            yield f"feed {feed.id} leads to another member or show"


def _webhooks_are_worked_off(world: World) -> Iterator[str]:
    rows = select(PaymentEvent.ref).where(
        PaymentEvent.status == "new",
        PaymentEvent.next_try_at < world.now - STUCK,
    )
    yield from world.session.scalars(rows)


def _mails_leave(world: World) -> Iterator[str]:
    rows = select(OutgoingMail.id).where(
        OutgoingMail.state.in_(("queued", "sending")),
        OutgoingMail.due_at < world.now - STUCK,
    )
    for mail_id in world.session.scalars(rows):
        yield f"mail {mail_id}"


def _rights_are_what_is_paid(world: World) -> Iterator[str]:
    yield from unlike_paid(world.session, world.terms, world.now)


def _money_is_recorded_once(world: World) -> Iterator[str]:
    yield from recorded_twice(world.session)


def _uploads_are_examined(world: World) -> Iterator[str]:
    rows = select(Upload.key).where(
        Upload.state == "examining", Upload.updated_at < world.now - STUCK
    )
    for key in world.session.scalars(rows):
        yield f"upload {key}"


def _imports_go_on(world: World) -> Iterator[str]:
    # A worker that is at one gives signs of life every few seconds.
    long_ago = world.now - STUCK
    rows = select(FeedImport.key).where(
        FeedImport.state.in_(("looking", "copying")),
        FeedImport.updated_at < long_ago,
        or_(FeedImport.claimed_at.is_(None), FeedImport.claimed_at < long_ago),
    )
    for key in world.session.scalars(rows):
        yield f"import {key}"


def _downloads_are_what_hits_say(world: World) -> Iterator[str]:
    rules = CountingRules(classify=world.classify)
    for day, key in miscounted_days(world.session, rules):
        yield f"episode {key} on {day}"


RULES: dict[str, Callable[[World], Iterator[str]]] = {
    "every file that a row mentions is stored": _files_are_there,
    "stored files are what was uploaded, by SHA-256": _files_are_whole,
    "every episode that is out has audio": _episodes_out_have_audio,
    "access is exactly what the grants say": _access_is_what_grants_say,
    "no right is given twice for one cause": _grants_are_given_once,
    "every right is written down in the ledger": _grants_are_written_down,
    "a replaced feed leads to its own member's": _replaced_feeds_lead_on,
    "webhooks are worked off within two hours": _webhooks_are_worked_off,
    "mails leave within two hours": _mails_leave,
    "what is paid is open, and what is open is paid": _rights_are_what_is_paid,
    "no order and no period is recorded twice, or lost": _money_is_recorded_once,
    "uploads are examined within two hours": _uploads_are_examined,
    "imports of shows go on within two hours": _imports_go_on,
    "downloads are what the raw hits say": _downloads_are_what_hits_say,
}
