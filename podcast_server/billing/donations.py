"""Tips, once or every month, with a message."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.billing.basket import Basket
from podcast_server.billing.entitle import is_paid
from podcast_server.billing.errors import AmountRefused
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Donation
from podcast_server.billing.money import Money
from podcast_server.billing.till import Terms
from podcast_server.currencies import decimals

LONGEST_MESSAGE = 1000
# What card payments cost would eat less than this.
_SMALLEST = {0: 100, 2: 100, 3: 1000}


def donation_basket(
    show: Show,
    money: Money,
    *,
    monthly: bool,
    name: str = "",
    message: str = "",
    wants_thanks: bool = False,
) -> Basket:
    """A tip for a show. ``wants_thanks`` allows name and message to be shown. AmountRefused."""
    least = Money(_SMALLEST[decimals(money.currency)], money.currency)
    if money.amount < least.amount:
        raise AmountRefused(f"at least {least}, or the fees eat it")
    return Basket(
        "donation",
        ("show", show.id, f"donate-{show.podcast_guid}"),
        show.title,
        "",
        money,
        Interval("month") if monthly else None,
        details={
            "show_id": show.id,
            "name": name.strip()[:80],
            "message": message.strip()[:LONGEST_MESSAGE],
            "wants_thanks": wants_thanks,
        },
    )


def donations_of(session: Session, show_id: int) -> Sequence[Donation]:
    """Everything donated to a show, newest first."""
    return session.scalars(
        select(Donation).where(Donation.show_id == show_id).order_by(Donation.id.desc())
    ).all()


def public_thanks(session: Session, show_id: int, terms: Terms) -> list[Donation]:
    """Donations to be thanked for in public: wished so, received, and not hidden."""
    return [
        each
        for each in donations_of(session, show_id)
        if each.wants_thanks and not each.hidden and _is_received(each, terms)
    ]


def _is_received(donation: Donation, terms: Terms) -> bool:
    if donation.purchase is not None:
        return is_paid(donation.purchase, terms)
    subscription = donation.subscription
    return subscription is not None and subscription.status in {"active", "past_due"}
