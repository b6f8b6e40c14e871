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

from episodes.models import Episode


@dataclass(frozen=True, slots=True)
class Price:
    """One way to pay. ``amount`` in minor units; every ``count`` ``interval``s (day, week,
    month, year), or "once". ``from_here_on``: people choose, and may choose more."""

    id: str
    amount: int
    currency: str
    interval: str
    count: int = 1
    from_here_on: bool = False


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


@dataclass(frozen=True, slots=True)
class Sale:
    """An episode, season or collection that can be bought once, at ``url``."""

    name: str
    url: str
    amount: int
    currency: str


OfferSource = Callable[[Session, int, datetime], Sequence[Offer]]
# A confirmed address takes up a free plan: session, member, show, offer, now.
AcceptOffer = Callable[[Session, int, int, str, datetime], None]


SaleSource = Callable[[Session, Episode], Sequence[Sale]]


def sales_of(session: Session, episode: Episode) -> Sequence[Sale]:
    """What is sold that contains this episode (``app.config["SALES"]``)."""
    source: SaleSource | None = current_app.config.get("SALES")
    return () if source is None else source(session, episode)


def offers_of(session: Session, show_id: int, now: datetime) -> Sequence[Offer]:
    """The plans of a show that are on sale at ``now``."""
    source: OfferSource | None = current_app.config.get("OFFERS")
    return () if source is None else source(session, show_id, now)
