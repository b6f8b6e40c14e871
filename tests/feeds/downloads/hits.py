"""A hit with everything ordinary, for tests to change one thing of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.agents import built_in_agents
from feeds.downloads.count import CountingRules, Hit
from feeds.downloads.parcels import take_in_parcels
from feeds.downloads.record import Entry, MediaHit
from feeds.downloads.write import entry_writer

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
ANTENNAPOD = "AntennaPod/3.5.0"
FILE_BYTES = 10_000_000
MINUTE_BYTES = 1_000_000

RULES = CountingRules(classify=built_in_agents())


def hit(**changes: Any) -> Hit:
    """A member's telephone fetches a whole episode, 10 MB, a minute of it 1 MB."""
    facts: dict[str, Any] = {
        "at": MONDAY,
        "episode_key": "one",
        "method": "GET",
        "status": 200,
        "ip_hash": "address-1",
        "user_agent": OVERCAST,
        "file_bytes": FILE_BYTES,
        "minute_bytes": MINUTE_BYTES,
        "bytes_served": FILE_BYTES,
    }
    return Hit(**{**facts, **changes})


def part(first: int, last: int | None, **changes: Any) -> Hit:
    """A range of it, inclusive, wholly served."""
    end = FILE_BYTES if last is None else last + 1
    served = {"status": 206, "range_start": first, "range_end": last, "bytes_served": end - first}
    return hit(**{**served, **changes})


def media_hit(**changes: Any) -> MediaHit:
    """The same fetch as the answer to it noted it, on member 1's feed."""
    facts: dict[str, Any] = {
        "at": MONDAY.timestamp(),
        "episode_key": "one",
        "method": "GET",
        "status": 200,
        "address": "192.0.2.1",
        "user_agent": OVERCAST,
        "file_bytes": FILE_BYTES,
        "minute_bytes": MINUTE_BYTES,
        "bytes_served": FILE_BYTES,
        "feed_id": 1,
        "member_id": 1,
    }
    return MediaHit(**{**facts, **changes})


def store(sessions: sessionmaker[Session], *entries: Entry, **options: Any) -> None:
    """Have entries written as a web process does, and taken in as a worker does."""
    entry_writer(sessions, b"a secret", **options)(list(entries))
    take_in_parcels(sessions)
