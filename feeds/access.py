"""The one question: may this member hear that episode now?

Everything here is pure and works on plain values, because it is asked on every request.
Times are Unix seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Window = tuple[str, int, int, int | None, str]

# What a member's feed says besides its episodes.
NO_NOTICE = ""
LAPSED = "lapsed"
CARD_FAILING = "card_failing"
REPLACED = "replaced"
WELCOME = "welcome"

WELCOME_SECONDS = 14 * 86_400


class Entitlement(NamedTuple):
    """What one member may hear of one show at one moment.

    ``scopes`` holds ("show", 0), ("tier", id), ("season", number) and ("episode", id),
    sorted; ``notice`` is what the feed tells them meanwhile.
    """

    scopes: tuple[tuple[str, int], ...]
    notice: str = NO_NOTICE

    @property
    def is_member(self) -> bool:
        """Whether a membership of the show, of whatever tier, is running."""
        return any(scope in {"show", "tier"} for scope, _ in self.scopes)


NOBODY = Entitlement(())


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What access depends on in one episode; times in Unix seconds, None for never."""

    id: int
    season: int | None
    state: str
    audience: str
    tier_ids: tuple[int, ...]
    publish_at: float | None
    public_from: float | None
    public_until: float | None


@lru_cache(maxsize=65536)
def parse_windows(text: str) -> tuple[Window, ...]:
    """The access row's JSON as tuples. Cached, since most members share few shapes."""
    return tuple(
        (str(scope), int(scope_id), int(starts), None if ends is None else int(ends), str(notice))
        for scope, scope_id, starts, ends, notice in json.loads(text)
    )


def entitlement_at(windows: tuple[Window, ...], now: float) -> Entitlement:
    """Fold a member's windows into what they may hear at ``now``.

    A membership that ran out leaves the notice "lapsed" unless another one runs.
    """
    if len(windows) == 1:  # nearly everybody: one membership, running
        scope, scope_id, starts, ends, notice = windows[0]
        if starts <= now and (ends is None or now < ends):
            return _single(scope, scope_id, notice)
    return _fold(windows, now)


def told_at(windows: tuple[Window, ...], now: float) -> Entitlement:
    """As ``entitlement_at``, with what only a feed says: the welcome of the first days.

    Who changes from one tier to another is not welcomed again; who comes back is.
    """
    entitlement = entitlement_at(windows, now)
    latest = now - WELCOME_SECONDS
    if entitlement.notice or all(window[2] <= latest for window in windows):
        return entitlement
    began = [
        starts
        for scope, _, starts, ends, _ in windows
        if scope in {"show", "tier"} and starts <= now and (ends is None or now < ends)
    ]
    if not began or min(began) <= latest:
        return entitlement
    return Entitlement(entitlement.scopes, WELCOME)


@lru_cache(maxsize=4096)
def _single(scope: str, scope_id: int, notice: str) -> Entitlement:
    # Only memberships have a card that may fail.
    return Entitlement(((scope, scope_id),), notice if scope in {"show", "tier"} else NO_NOTICE)


def _fold(windows: tuple[Window, ...], now: float) -> Entitlement:
    running = [w for w in windows if w[2] <= now and (w[3] is None or now < w[3])]
    scopes = tuple(sorted({(w[0], w[1]) for w in running}))
    memberships = [w for w in running if w[0] in {"show", "tier"}]
    if memberships:
        # One membership in order is enough; the card notice shows only when all of them fail.
        notices = {w[4] for w in memberships}
        return Entitlement(scopes, NO_NOTICE if NO_NOTICE in notices else CARD_FAILING)
    had_one = any(
        w[0] in {"show", "tier"} and w[3] is not None and w[3] <= now and w[3] > w[2]
        for w in windows
    )
    return Entitlement(scopes, LAPSED if had_one else NO_NOTICE)


def is_out(episode: EpisodeFacts, now: float) -> bool:
    """Whether the episode is published: ready, its time has come, not withdrawn."""
    return episode.state == "ready" and episode.publish_at is not None and episode.publish_at <= now


def is_public(episode: EpisodeFacts, now: float) -> bool:
    """Whether everybody may hear it at ``now``."""
    return (
        is_out(episode, now)
        and episode.public_from is not None
        and episode.public_from <= now
        and (episode.public_until is None or now < episode.public_until)
    )


def may_hear(entitlement: Entitlement, episode: EpisodeFacts, now: float) -> bool:
    """Whether a member with this entitlement may hear the episode at ``now``."""
    if not is_out(episode, now):
        return False
    if is_public(episode, now):
        return True
    scopes = entitlement.scopes
    if ("episode", episode.id) in scopes:
        return True
    if episode.season is not None and ("season", episode.season) in scopes:
        return True
    if episode.audience == "tiers":
        return any(("tier", tier_id) in scopes for tier_id in episode.tier_ids)
    # "members" and what was free before the archive rule closed it; never "sale".
    return episode.audience in {"members", "free"} and entitlement.is_member


def next_change(episode: EpisodeFacts, now: float) -> float | None:
    """The next moment after ``now`` at which this episode appears, opens or closes by itself."""
    if episode.state != "ready":
        return None
    times = (episode.publish_at, episode.public_from, episode.public_until)
    return min((time for time in times if time is not None and time > now), default=None)
