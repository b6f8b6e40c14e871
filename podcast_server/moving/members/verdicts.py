"""The dry run: what an import would do with each row, and why. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.models import Grant
from podcast_server.accounts.members import BadEmailError, normalise_email
from podcast_server.accounts.models import Member
from podcast_server.billing.entitle import Right
from podcast_server.billing.models import Plan, Price, RemoteObject, Subscription
from podcast_server.moving.members.columns import Entry
from podcast_server.moving.members.dates import read_moment
from podcast_server.moving.members.paths import old_host, old_path
from podcast_server.moving.members.presets import STATES, Preset
from podcast_server.moving.members.targets import Choices, Target, Targets, target_of_plan

Word = Literal["new", "member", "renewed", "skipped", "refused"]
WORDS: tuple[Word, ...] = ("new", "renewed", "member", "skipped", "refused")
TAKEN = ("new", "renewed", "member")
_BATCH = 500
# Why somebody is left out, in the words of the command line.
REASONS = {
    "": "",
    "free": "free there, no membership to bring over",
    "ended": "the membership ended there",
    "lapsed": "the membership ran out there",
    "failing": "their payment fails there",
    "left_out": "their tier is left out",
    "no_email": "there is no e-mail address",
    "bad_email": "this is no e-mail address",
    "too_long": "a cell is too long to be what it should be",
    "doubled": "the same address came before in this file",
    "unknown_tier": "nothing says where this tier leads",
    "bad_date": "a date cannot be read",
    "unknown_status": "nobody knows what this state means",
    "adopted": "their payments are known here already",
    "no_subscription": "there is neither subscription nor customer number",
    "nothing_running": "the payment provider knows no running subscription of theirs",
    "unknown_subscription": "the payment provider does not know this subscription",
    "pays_already": "they already pay for this plan here",
    "no_plan": "their subscription leads to a show: lead its tier to a plan",
    "several": "they pay for several things: import the export of subscriptions instead",
    "old_feed": "the address of their old feed cannot be read and is left out",
    "somebody_else": "this subscription belongs to another member here",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row. ``detail`` quotes the file; ``adopts``: payments come along."""

    entry: Entry
    word: Word
    reason: str = ""
    detail: str = ""
    email: str = ""
    joined_at: datetime | None = None
    ends_at: datetime | None = None
    target: Target | None = None
    adopts: bool = False


@dataclass(slots=True)
class Totals:
    """How many rows came to what."""

    words: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unknown_tiers: Counter[str] = field(default_factory=Counter)
    adopted: int = 0
    endless: int = 0
    old_feeds: int = 0
    old_hosts: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        self.words[verdict.word] += 1
        if verdict.reason:
            self.reasons[verdict.reason] += 1
        if verdict.reason == "unknown_tier":
            self.unknown_tiers[verdict.detail] += 1
        if verdict.word in TAKEN:
            self.adopted += verdict.adopts
            self.endless += verdict.ends_at is None and not verdict.adopts
            self.old_feeds += bool(verdict.entry.old_feed)
            self.old_hosts[old_host(verdict.entry.old_feed)] += 1

    def strange_hosts(self, known: Iterable[str]) -> list[str]:
        """Hosts that old feeds were at and that are not ``known`` to point here."""
        return [name for name, _ in self.old_hosts.most_common(5) if name not in {"", *known}]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What verdicts are made from. ``realm`` is the payment provider to ask, "" for none."""

    choices: Choices
    targets: Targets
    preset: Preset | None
    realm: str
    now: datetime


def judge(session: Session, found: Iterable[Entry], grounds: Grounds) -> Iterator[Verdict]:
    """A verdict for each row, in order. Reads the database in batches."""
    seen: set[tuple[str, Target | None]] = set()
    prices = _known_prices(session, grounds.realm)
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        first = [_first_look(entry, grounds, prices, seen) for entry in batch]
        yield from _compare(session, first, grounds)


def _known_prices(session: Session, realm: str) -> dict[str, Target]:
    """Prices that we published there, and what their plans open."""
    rows = session.execute(
        select(RemoteObject.ref, Plan)
        .join(Price, Price.id == RemoteObject.local_id)
        .join(Plan, Plan.id == Price.plan_id)
        .where(RemoteObject.realm == realm, RemoteObject.kind == "price")
    )
    return {ref: target_of_plan(plan) for ref, plan in rows}


def _first_look(
    entry: Entry,
    grounds: Grounds,
    prices: dict[str, Target],
    seen: set[tuple[str, Target | None]],
) -> Verdict:
    """What the row alone tells."""
    if entry.too_long:
        return Verdict(entry, "refused", "too_long")
    try:
        email = normalise_email(entry.email)
    except BadEmailError:
        return Verdict(entry, "refused", "bad_email" if entry.email else "no_email", entry.email)
    verdict = _by_standing(Verdict(entry, "new", email=email), grounds)
    if verdict.word in TAKEN:
        verdict = _by_target(verdict, grounds, prices)
    if verdict.word in TAKEN:
        if (email, verdict.target) in seen:
            return replace(verdict, word="refused", reason="doubled", detail=email)
        seen.add((email, verdict.target))
        verdict = _with_old_feed(verdict, grounds.choices.old_path)
    return verdict


def _with_old_feed(verdict: Verdict, template: str) -> Verdict:
    """Word that an old address cannot be read; it is a secret, so it is not quoted."""
    try:
        old_path(verdict.entry.old_feed, template)
    except ValueError:
        return replace(verdict, reason="old_feed")
    return verdict


def _by_standing(verdict: Verdict, grounds: Grounds) -> Verdict:
    entry, day_first = verdict.entry, grounds.choices.day_first
    for text in (entry.joined, entry.expires):
        try:
            read_moment(text, day_first=day_first)
        except ValueError:
            return replace(verdict, word="refused", reason="bad_date", detail=text)
    expires = read_moment(entry.expires, day_first=day_first)
    adopts = bool(grounds.realm and (entry.subscription or entry.customer))
    verdict = replace(
        verdict,
        joined_at=read_moment(entry.joined, day_first=day_first),
        ends_at=expires or grounds.choices.until,
        adopts=adopts,
    )
    standing = _standing(entry, grounds.preset)
    if standing is None:
        return replace(verdict, word="refused", reason="unknown_status", detail=entry.status)
    return _by_dates(verdict, standing, expires, grounds)


def _by_dates(
    verdict: Verdict, standing: str, expires: datetime | None, grounds: Grounds
) -> Verdict:
    needs_one = grounds.preset is not None and grounds.preset.needs_subscription
    runs = expires is not None and expires > grounds.now
    if standing in {"ended", "free"} and runs and not needs_one:
        standing = "active"  # paid until then
    if standing == "failing" and verdict.adopts:
        standing = "active"  # the provider goes on trying, and so do we
    if standing != "active":
        return replace(verdict, word="skipped", reason=standing)
    if needs_one and not verdict.adopts and grounds.choices.adopt:
        return replace(verdict, word="skipped", reason="no_subscription")
    if not verdict.adopts and expires is not None and expires <= grounds.now:
        return replace(verdict, word="skipped", reason="lapsed", detail=verdict.entry.expires)
    return verdict


def _standing(entry: Entry, preset: Preset | None) -> str | None:
    """active, free, failing or ended; None when the word is unknown."""
    if " ".join(entry.free.split()).casefold() in {"yes", "true", "1"}:
        return "free"
    word = " ".join(entry.status.replace("_", " ").replace("-", " ").split()).casefold()
    own = {} if preset is None else preset.words
    if word in own and (word or preset is not None):
        return own[word]
    return "active" if not word else STATES.get(word)


def _by_target(verdict: Verdict, grounds: Grounds, prices: dict[str, Target]) -> Verdict:
    entry = verdict.entry
    target = prices.get(entry.price) or grounds.targets.find(entry.tier)
    if target is None:
        return replace(verdict, word="refused", reason="unknown_tier", detail=entry.tier)
    if target.is_skip:
        return replace(verdict, word="skipped", reason="left_out", detail=entry.tier)
    if not target.rights:
        return replace(verdict, target=target, ends_at=None, adopts=False)
    if verdict.adopts and entry.subscription and target.plan_id is None:
        return replace(verdict, word="refused", reason="no_plan", detail=entry.tier)
    return replace(verdict, target=target)


def _compare(session: Session, verdicts: Sequence[Verdict], grounds: Grounds) -> Iterator[Verdict]:
    """What is there already of these people."""
    emails = {verdict.email for verdict in verdicts if verdict.word in TAKEN}
    named = session.execute(select(Member.email, Member.id).where(Member.email.in_(emails)))
    known = dict(named.all())
    grants: dict[int, list[Grant]] = {}
    for grant in session.scalars(select(Grant).where(Grant.member_id.in_(known.values()))):
        grants.setdefault(grant.member_id, []).append(grant)
    adopted = _adopted(session, verdicts, grounds.realm)
    for verdict in verdicts:
        member_id = known.get(verdict.email)
        if verdict.word not in TAKEN or member_id is None:
            yield verdict
        elif verdict.entry.subscription in adopted:
            yield replace(verdict, word="member", reason="adopted")
        else:
            yield replace(verdict, word=_word(grants.get(member_id, []), verdict, grounds.now))


def _adopted(session: Session, verdicts: Sequence[Verdict], realm: str) -> set[str]:
    refs = {verdict.entry.subscription for verdict in verdicts} - {""}
    query = select(Subscription.ref).where(Subscription.realm == realm, Subscription.ref.in_(refs))
    return set(session.scalars(query)) if realm and refs else set()


def _word(grants: Sequence[Grant], verdict: Verdict, now: datetime) -> Word:
    assert verdict.target is not None
    rights = verdict.target.rights
    if rights and all(is_covered(grants, right, verdict.ends_at, now) for right in rights):
        return "member"
    shows = {right.show_id for right in rights}
    return "renewed" if any(grant.show_id in shows for grant in grants) else "new"


def is_covered(
    grants: Sequence[Grant], right: Right, ends_at: datetime | None, now: datetime
) -> bool:
    """Whether somebody has a right already, and for at least as long."""
    return any(
        grant.show_id == right.show_id
        and (
            grant.scope == "show" or (grant.scope, grant.scope_id) == (right.scope, right.scope_id)
        )
        and grant.starts_at <= now
        and (grant.ends_at is None or (ends_at is not None and grant.ends_at >= ends_at))
        for grant in grants
    )
