"""Of what the log tells, as people know it: a title or an address instead of a key.

What is written down is the key, which stays true when a title changes and tells nothing of
somebody who was erased. What it names now is looked up when the log is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from episodes.models import Episode
from episodes.rss_import.models import FeedImport
from feeds.models import PrivateFeed
from feeds.sharing.models import SharingCase
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.models import ApiKey, AuditEntry, Staff
from podcast_server.billing.models import Collection, Coupon, Donation, Payment, Plan
from podcast_server.mail.models import OutgoingMail
from podcast_server.moving.members.models import MemberImport

_HEAD = re.compile(r"[\w-]+")
Kind = tuple[Select[Any, str], InstrumentedAttribute[Any]]
# By the first word of the act, or by the whole of it; each with the column of the key.
_FEEDS: Kind = (
    select(PrivateFeed.id, Member.email).join(Member, Member.id == PrivateFeed.member_id),
    PrivateFeed.id,
)
KINDS: dict[str, Kind] = {
    "episode": (select(Episode.key, Episode.title), Episode.key),
    "member": (select(Member.id, Member.email), Member.id),
    "member.reset-feed": _FEEDS,
    "members": (select(MemberImport.id, MemberImport.file_name), MemberImport.id),
    "plan": (select(Plan.key, Plan.name), Plan.key),
    "sale": (select(Collection.key, Collection.name), Collection.key),
    "coupon": (select(Coupon.key, Coupon.code), Coupon.key),
    "donation": (select(Donation.id, Donation.name), Donation.id),
    "payment.refund": (
        select(Payment.key, Member.email).join(Member, Member.id == Payment.member_id),
        Payment.key,
    ),
    "staff": (select(Staff.id, Staff.email), Staff.id),
    "key.revoke": (select(ApiKey.id, ApiKey.name), ApiKey.id),
    "mail": (
        select(OutgoingMail.id, OutgoingMail.recipient + ": " + OutgoingMail.subject),
        OutgoingMail.id,
    ),
    "feed": (select(FeedImport.key, FeedImport.title), FeedImport.key),
    "sharing": (
        select(SharingCase.id, Member.email)
        .join(PrivateFeed, PrivateFeed.id == SharingCase.feed_id)
        .join(Member, Member.id == PrivateFeed.member_id),
        SharingCase.id,
    ),
}
# What stands there is no key, though a number may come first.
_AS_WRITTEN = {"member.nudge", "sharing.rule", "feed.look", "members.import-look", "show.change"}


def subjects_in_words(database: Session, entries: Iterable[AuditEntry]) -> dict[int, str]:
    """For each entry's id what it is about; what is gone since keeps its key."""
    asked: dict[str, dict[str, list[AuditEntry]]] = {}
    words = {}
    for entry in entries:
        words[entry.id] = entry.subject
        kind, head = _kind_of(entry.action), _HEAD.match(entry.subject)
        if kind and head:
            asked.setdefault(kind, {}).setdefault(head[0], []).append(entry)
    for kind, by_key in asked.items():
        for key, name in _named(database, kind, by_key):
            for entry in by_key[key] if name else ():
                words[entry.id] = name + entry.subject[len(key) :]
    return words


def _kind_of(action: str) -> str | None:
    action = action.removeprefix("api.")
    if action in _AS_WRITTEN:
        return None
    return next((each for each in (action, action.split(".")[0]) if each in KINDS), None)


def _named(database: Session, kind: str, keys: Iterable[str]) -> Iterable[tuple[str, str]]:
    query, column = KINDS[kind]
    if column.type.python_type is int:
        wanted: list[Any] = [int(key) for key in keys if key.isdecimal() and len(key) < 18]
    else:
        wanted = list(keys)
    if not wanted:
        return ()
    return [(str(key), name) for key, name in database.execute(query.where(column.in_(wanted)))]
