"""Tiers of a show, with what hangs on each: plans that open it, members, episodes kept to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from episodes.errors import EpisodeError
from episodes.models import Episode, Show, Tier
from feeds.models import Grant
from podcast_server.billing.models import PlanOpening


class TierInUse(EpisodeError):
    """A tier that plans, members or episodes refer to stays."""


@dataclass(frozen=True, slots=True)
class TierUses:
    """A tier and how many things refer to it, past members and deleted episodes among them."""

    tier: Tier
    plans: int
    members: int
    episodes: int

    @property
    def is_free(self) -> bool:
        """Whether nothing would be missing it."""
        return not (self.plans or self.members or self.episodes)


def tiers_in_use(session: Session, show: Show) -> list[TierUses]:
    """A show's tiers in their order."""
    return [_uses(session, tier) for tier in show.tiers]


def _uses(session: Session, tier: Tier) -> TierUses:
    plans = session.scalar(
        select(func.count(PlanOpening.plan_id.distinct())).where(PlanOpening.tier_id == tier.id)
    )
    # Grants of the past count too: SQLite may give the number of a removed tier to the next.
    members = session.scalar(
        select(func.count(Grant.member_id.distinct())).where(
            Grant.scope == "tier", Grant.scope_id == tier.id
        )
    )
    kept = session.scalars(select(Episode.tier_ids).where(Episode.show_id == tier.show_id))
    episodes = sum(tier.id in ids for ids in kept)
    return TierUses(tier, plans or 0, members or 0, episodes)


def remove_tier(session: Session, tier: Tier) -> None:
    """Take a tier away that nothing refers to. Raises TierInUse."""
    if not _uses(session, tier).is_free:
        raise TierInUse(f"“{tier.name}” is in use: it stays")
    session.delete(tier)
    session.flush()
