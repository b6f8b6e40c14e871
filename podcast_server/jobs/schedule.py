"""What runs by itself and how often. The bodies live in their subjects and may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.downloads.count import CountingRules
from feeds.downloads.expire import expire_raw_hits
from feeds.downloads.rollup import roll_up
from podcast_server.services import Services


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: does what is due and not done, so that a crash repeats safely."""

    name: str
    every: timedelta
    run: Callable[[Services, datetime], None]


def count_downloads(services: Services, now: datetime) -> None:
    """Count what listeners downloaded since the last time, late hits included."""
    roll_up(services.sessions, CountingRules(classify=services.classify), now)


def forget_old_hits(services: Services, now: datetime) -> None:
    """Delete single requests that are older than the settings keep them."""
    expire_raw_hits(services.sessions, now, services.settings.downloads.keep_raw_days)


def clear_interrupted_uploads(services: Services, now: datetime) -> None:
    """Free what uploads left behind that nobody continued for a week."""
    services.storage.sweep(now - timedelta(days=7))


SCHEDULE: tuple[Job, ...] = (
    Job("count-downloads", timedelta(minutes=1), count_downloads),
    Job("forget-old-hits", timedelta(hours=6), forget_old_hits),
    Job("clear-interrupted-uploads", timedelta(days=1), clear_interrupted_uploads),
)
