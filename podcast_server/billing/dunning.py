"""Until when does a subscription open its feeds, and what do they say meanwhile? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from podcast_server.billing.events import SubscriptionStatus

Notice = Literal["", "card_failing"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the podcaster decides.

    grace: how long a failing card keeps access
    lateness: how long a period that should have been renewed stays open while the provider
        still says so, since its news may be late
    refund_closes: whether paying back everything ends access
    """

    grace: timedelta = timedelta(days=7)
    lateness: timedelta = timedelta(days=1)
    refund_closes: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription stands; ``reversed``: the present period's money was taken back."""

    status: SubscriptionStatus
    period_end: datetime | None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_since: datetime | None = None
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Open until ``until`` (UTC; None: closed now), with what the feed says meanwhile."""

    until: datetime | None
    notice: Notice = ""


CLOSED = Window(None)


def window_of(standing: Standing, rules: Rules) -> Window:
    """Until when access lasts, if nothing more is heard from the provider.

    - trialing, active: to the end of the period, and a little longer for late news; a planned
      cancellation ends it to the second.
    - past_due: as long as the grace lasts, with the notice.
    - pending, unpaid, paused, ended, or taken back: closed.
    """
    if standing.reversed:
        return CLOSED
    if standing.status in {"active", "trialing"} and standing.period_end is not None:
        return _sooner(standing.period_end + rules.lateness, standing.cancel_at, "")
    if standing.status == "past_due" and standing.past_due_since is not None:
        return _sooner(standing.past_due_since + rules.grace, standing.cancel_at, "card_failing")
    return CLOSED


def _sooner(until: datetime, cancel_at: datetime | None, notice: Notice) -> Window:
    return Window(until if cancel_at is None else min(until, cancel_at), notice)
