"""Changing what was bought: cancel, resume, another plan or price, more seats, money back.

Each asks the provider first and then takes over what the provider made of it.
All have their own transactions: call them outside of any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.catalogue import publish_plan, remote_ref, retire_remote_price
from podcast_server.billing.checkout import is_own_path
from podcast_server.billing.errors import (
    AmountRefused,
    BillingError,
    NotForSale,
    NotYours,
    ProviderError,
    ProviderRefused,
)
from podcast_server.billing.events import Ref
from podcast_server.billing.models import Payment, Plan, Price, Subscription
from podcast_server.billing.models.keys import is_key
from podcast_server.billing.money import Money
from podcast_server.billing.plans import (
    ALIVE,
    PriceTerms,
    add_price,
    archive_plan,
    current_prices,
    find_price,
    is_on_sale,
    retire_price,
)
from podcast_server.billing.providers.base import PortalTask
from podcast_server.billing.seats import MOST_SEATS
from podcast_server.billing.settle import settle
from podcast_server.billing.till import Till


@dataclass(slots=True)
class Moved:
    """How moving members to another price went; ``problems`` in words."""

    moved: int = 0
    problems: list[str] = field(default_factory=list)


def own_subscription(session: Session, key: str, member_id: int) -> Subscription:
    """A member's own subscription by its public key. Raises NotYours."""
    query = select(Subscription).where(Subscription.key == key)
    found = session.scalars(query).first() if is_key(key) else None
    if found is None or found.member_id != member_id:
        raise NotYours("there is no such membership")
    return found


def cancel_subscription(
    till: Till, subscription: Subscription, *, at_once: bool, by: str, now: datetime
) -> None:
    """End it at the period's end (access stays till then), or at once. Raises ProviderError."""
    provider = till.provider_of(subscription.realm)
    provider.cancel_subscription(subscription.ref, at_once=at_once)
    _take_over(till, subscription, by, "cancelled", now)


def resume_subscription(till: Till, subscription: Subscription, *, by: str, now: datetime) -> None:
    """Take back a cancellation before it comes. Raises ProviderError."""
    till.provider_of(subscription.realm).resume_subscription(subscription.ref)
    _take_over(till, subscription, by, "cancellation taken back", now)


def change_price(
    till: Till, subscription: Subscription, price_key: str, *, by: str, now: datetime
) -> None:
    """The member goes to another plan or interval; the difference is billed now.

    Raises NoSuchOffer, NotForSale, AmountRefused, ProviderError (the payment failed: nothing
    has changed).
    """
    with till.reading() as session:
        price = find_price(session, price_key)
        plan = price.plan
        if plan is None or price.retired_at is not None or price.interval == "once":
            raise NotForSale("this membership cannot be changed to that")
        if plan.id != subscription.plan_id and not is_on_sale(session, plan, now):
            raise NotForSale(f"{plan.name} cannot be joined at the moment")
        if price.currency != subscription.currency:
            raise AmountRefused(f"your membership is paid in {subscription.currency.upper()}")
    if subscription.status not in {"trialing", "active"}:
        raise NotForSale("this membership cannot be changed at the moment")
    _swap(till, subscription, price, charge_now=True, stamp=now.isoformat())
    _take_over(till, subscription, by, f"changed to {plan.name}", now)


def change_seats(
    till: Till, subscription: Subscription, seats: int, *, by: str, now: datetime
) -> None:
    """More or fewer seats, billed now. Beyond the number, the newest lose theirs."""
    if not 1 <= seats <= MOST_SEATS:
        raise AmountRefused(f"a group has 1 to {MOST_SEATS} seats")
    Money(subscription.amount, subscription.currency).times(seats)
    till.provider_of(subscription.realm).change_subscription(
        subscription.ref,
        key=f"{subscription.key}-{now.isoformat()}",
        quantity=seats,
        charge_now=True,
    )
    _take_over(till, subscription, by, f"{seats} seats", now)


def _swap(
    till: Till, subscription: Subscription, price: Price, *, charge_now: bool, stamp: str
) -> None:
    with till.reading() as session:
        plan = session.get_one(Plan, price.plan_id or 0)
        list(plan.prices)
    publish_plan(till, plan, subscription.realm)
    till.provider_of(subscription.realm).change_subscription(
        subscription.ref,
        key=f"{subscription.key}-{price.key}-{stamp}",
        price_ref=remote_ref(till, subscription.realm, "price", price.id),
        charge_now=charge_now,
    )


def _take_over(till: Till, subscription: Subscription, by: str, why: str, now: datetime) -> None:
    cause = Cause(by[:80], why[:255])
    settle(till, subscription.realm, Ref("subscription", subscription.ref), cause, now)


def refund_payment(
    till: Till,
    payment: Payment,
    amount: Money | None,
    *,
    closes: bool,
    by: str,
    now: datetime,
) -> None:
    """Pay back all that is left (None) or a part. ``closes`` ends what it paid for, also when it
    is a part; else the access stays. Raises AmountRefused, ProviderError.
    """
    left = payment.amount - payment.refunded
    check_refund(payment, amount)
    # Chosen before the money moves, since the provider's word of it may be here at once.
    part = amount is not None and amount.amount < left
    stays = None if part else False  # after a part, the rest may still close by the settings
    _set_refund_closes(till, payment, True if closes or payment.refund_closes else stays)
    provider = till.provider_of(payment.realm)
    try:
        # What was paid back so far is part of the key: a second part is not the first one again.
        provider.refund(payment.ref, amount, key=f"{payment.key}-{payment.refunded}")
    except ProviderRefused:
        _set_refund_closes(till, payment, payment.refund_closes)
        raise
    settle(till, payment.realm, Ref("payment", payment.ref), Cause(by[:80], "refund"), now)
    if closes and payment.subscription_id is not None:
        with till.reading() as session:
            subscription = session.get_one(Subscription, payment.subscription_id)
        cancel_subscription(till, subscription, at_once=True, by=by, now=now)


def check_refund(payment: Payment, amount: Money | None) -> None:
    """Whether so much can be paid back. Raises AmountRefused."""
    left = payment.amount - payment.refunded
    if left <= 0:
        raise AmountRefused("nothing is left to be paid back")
    if amount is None:
        return
    if amount.amount == 0:
        raise AmountRefused("the amount must be more than nothing")
    if amount.currency != payment.currency or amount.amount > left:
        raise AmountRefused(f"at most {Money(left, payment.currency)} can be paid back")


def _set_refund_closes(till: Till, payment: Payment, closes: bool | None) -> None:
    with till.sessions.begin() as session:
        session.get_one(Payment, payment.id).refund_closes = closes


def reprice_plan(
    till: Till,
    plan_id: int,
    old_price: Price,
    terms: PriceTerms,
    *,
    move: bool,
    by: str,
    now: datetime,
) -> tuple[Price, Moved]:
    """Another price instead of an old one, of the same kind: who may choose what they pay can go
    on so. Its members stay at theirs, or are moved from their next period on. Raises BadOffer,
    ProviderError."""
    if (
        terms.minimum is None
        and old_price.minimum is not None
        and terms.money.currency == old_price.currency
    ):
        least = Money(min(old_price.minimum, terms.money.amount), old_price.currency)
        terms = replace(terms, minimum=least)
    with till.sessions.begin() as session:
        plan = session.get_one(Plan, plan_id)
        price = add_price(session, plan, terms, now)
        retire_price(session.get_one(Price, old_price.id), now)
        session.refresh(plan)
        list(plan.prices)
    publish_plan(till, plan, till.selling.realm)
    retire_remote_price(till, old_price.id)
    return price, move_members(till, old_price, price, by=by, now=now) if move else Moved()


def move_members(
    till: Till, old_price: Price, new_price: Price, *, by: str, now: datetime
) -> Moved:
    """Let everybody who pays the old price pay the new one from their next period, not those who
    chose what they pay. Can be repeated."""
    with till.reading() as session:
        members = session.scalars(
            select(Subscription).where(
                Subscription.price_id == old_price.id,
                Subscription.amount == old_price.amount,
                Subscription.status.in_(ALIVE),
            )
        ).all()
    moved = Moved()
    for each in members:
        try:
            _swap(till, each, new_price, charge_now=False, stamp="move")
            _take_over(till, each, by, "moved to the new price", now)
            moved.moved += 1
        except ProviderError as error:
            moved.problems.append(f"membership {each.key}: {error}")
    return moved


def close_plan(till: Till, plan: Plan, now: datetime) -> None:
    """Archive a plan here and its prices at the provider. Raises ProviderError."""
    with till.sessions.begin() as session:
        row = session.get_one(Plan, plan.id)
        prices = [price.id for price in current_prices(row)]
        archive_plan(row, now)
    for price_id in prices:
        retire_remote_price(till, price_id)


def portal_link(
    till: Till, subscription: Subscription, task: PortalTask, back_path: str, locale: str
) -> str | None:
    """Where the payer of a subscription manages card and invoices; None: on our own pages.

    Give it only subscriptions from ``own_subscription``. Raises ProviderError.
    """
    if not is_own_path(back_path):
        raise BillingError(f"not a path of this site: {back_path!r}")
    return till.provider_of(subscription.realm).portal_url(
        subscription.customer_ref,
        subscription.ref,
        task,
        till.public_url + back_path,
        locale,
    )
