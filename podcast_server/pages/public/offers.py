"""What a stranger may take up: the plans of a show, as the page needs them.

Billing registers where offers come from (``app.config["OFFERS"]``) and what it means to take up
a free one (``app.config["ACCEPT_OFFER"]``); without it a show has none, and joining is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Price:
    """One way to pay. ``amount`` in minor units; ``interval`` "month", "year" or "once"."""

    id: str
    amount: int
    currency: str
    interval: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One plan on the show's page. No prices: it is free. ``join_url`` starts taking it up."""

    id: str
    name: str
    description: str
    prices: Sequence[Price]
    join_url: str
    benefits: Sequence[str] = ()
    recommended: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return not self.prices


OfferSource = Callable[[Session, int, datetime], Sequence[Offer]]
# A confirmed address takes up a free plan: session, member, show, offer, now.
AcceptOffer = Callable[[Session, int, int, str, datetime], None]


def offers_of(session: Session, show_id: int, now: datetime) -> Sequence[Offer]:
    """The plans of a show that are on sale at ``now``."""
    source: OfferSource | None = current_app.config.get("OFFERS")
    return () if source is None else source(session, show_id, now)
