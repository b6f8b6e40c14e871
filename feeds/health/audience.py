"""Episodes that nobody hears, whatever the feeds say: kept to no tier, or to buyers of nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from episodes.models import Episode
from feeds.health.rule import Finding, say

Lack = Literal["tier", "sale"]

_SAID = {
    "tier": (
        "no_tier",
        say(
            "“{title}” is for members of certain tiers, and no tier is chosen: nobody can hear it."
        ),
    ),
    "sale": (
        "not_on_sale",
        say("“{title}” is only for those who buy it, and it is not for sale: nobody can hear it."),
    ),
}


def lack_of(episode: Episode, tiers: Collection[int], bought: Collection[int]) -> Lack | None:
    """What keeps everybody from an episode: that no tier is chosen, or that nobody can buy it.

    ``tiers`` are the ids of the show's tiers, ``bought`` those of the episodes that are for
    sale, alone or with others, or that somebody has bought already.
    """
    if episode.public_at is not None or episode.id in bought:
        return None
    if episode.audience == "sale":
        return "sale"
    if episode.audience == "tiers" and not any(each in tiers for each in episode.tier_ids):
        return "tier"
    return None


def audience_findings(
    episodes: Iterable[Episode], tiers: Collection[int], bought: Collection[int]
) -> list[Finding]:
    """One finding for each of them that nobody can hear."""
    found = []
    for episode in episodes:
        lack = lack_of(episode, tiers, bought)
        if lack is not None:
            code, text = _SAID[lack]
            found.append(Finding("error", code, text, episode.title, episode.guid))
    return found
