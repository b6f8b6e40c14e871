"""From figures over time to the one step that is due. Pure.

Never a step without fresh days since the last one, and never two at once: first the podcaster
hears of it, then the member is asked kindly, and only where the show wants it is the feed reset
at last, with a mail that explains. Nothing is ever locked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from feeds.sharing.measure import Figures

Step = Literal["notice", "mail", "reset", "close"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is ordinary: up to ``copies`` of one episode a day, and beyond it on fewer than
    ``days`` days of ``window``. ``patience`` lies between two steps."""

    copies: int = 6
    days: int = 3
    window: timedelta = timedelta(days=30)
    patience: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How far a show lets things go by themselves."""

    mails_member: bool = True
    resets: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The steps taken in an open case, by when."""

    noticed_at: datetime
    mailed_at: datetime | None = None


def days_beyond(days: Mapping[date, Figures], policy: Policy, now: datetime) -> list[date]:
    """The days of the window on which the feed was beyond the ordinary, oldest first."""
    since = (now - policy.window).date()
    return sorted(
        day for day, figures in days.items() if day > since and figures.copies > policy.copies
    )


def due_step(
    beyond: Collection[date], progress: Progress | None, policy: Policy, wishes: Wishes,
    now: datetime,
) -> Step | None:  # fmt: skip
    """What to do now, if anything."""
    if progress is None:
        return "notice" if len(beyond) >= policy.days else None
    if not beyond:
        return "close"
    last, step = progress.noticed_at, "mail"
    if progress.mailed_at is not None:
        last, step = progress.mailed_at, "reset"
    wanted = wishes.mails_member if step == "mail" else wishes.resets
    fresh = [day for day in beyond if day > last.date()]
    if wanted and now - last >= policy.patience and len(fresh) >= policy.days:
        return "mail" if step == "mail" else "reset"
    return None
