"""Plans: what they open, what they cost, who may still join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slugify import slugify
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from episodes.models import Show, Tier
from podcast_server.billing.basket import Basket
from podcast_server.billing.coupons import find_coupon
from podcast_server.billing.errors import AmountRefused, BadOffer, NoSuchOffer, NotForSale
from podcast_server.billing.intervals import UNITS, Interval
from podcast_server.billing.models import (
    Checkout,
    Collection,
    Payment,
    Plan,
    PlanOpening,
    Price,
    Purchase,
    Subscription,
)
from podcast_server.billing.models.keys import is_key
from podcast_server.billing.money import Money

_EDITABLE = frozenset(
    {
        "name",
        "description",
        "benefits",
        "recommended",
        "position",
        "trial_days",
        "places",
        "closes_at",
    }
)
MOST_TRIAL_DAYS = 365
# Statuses in which a subscription takes one of a plan's places.
ALIVE = ("pending", "trialing", "active", "past_due", "unpaid", "paused")


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """A price to make. ``interval`` None: paid once, for ``access_days`` or for ever.

    ``minimum`` lets people pay what they want from there on.
    """

    money: Money
    interval: Interval | None
    minimum: Money | None = None
    access_days: int | None = None


def create_plan(
    session: Session,
    *,
    name: str,
    opens: Sequence[tuple[Show, Tier | None]],
    prices: Sequence[PriceTerms],
    now: datetime,
    fields: Mapping[str, Any] | None = None,
) -> Plan:
    """Make a plan; without prices it is free and costs an e-mail address. Raises BadOffer."""
    slug = _free_slug(session, name)
    plan = Plan(slug=slug, name=name, is_free=not prices, created_at=now)
    session.add(plan)
    change_plan(plan, {"name": name, **(fields or {})})
    set_openings(plan, opens)
    session.flush()
    for terms in prices:
        add_price(session, plan, terms, now)
    return plan


def _free_slug(session: Session, name: str) -> str:
    base = slugify(name, max_length=70)
    if not base:
        raise BadOffer("a plan needs a name")
    taken = set(session.scalars(select(Plan.slug).where(Plan.slug.startswith(base))))
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def change_plan(plan: Plan, fields: Mapping[str, Any]) -> None:
    """Change how a plan reads and who may join. Raises BadOffer and then changes nothing."""
    for name, value in fields.items():
        _check(name, value)
    for name, value in fields.items():
        setattr(plan, name, value.strip() if isinstance(value, str) else value)


def _check(name: str, value: Any) -> None:
    if name not in _EDITABLE:
        raise BadOffer(f"a plan has no field {name}")
    if name == "name" and not (0 < len(value.strip()) <= 255):
        raise BadOffer("a plan needs a name of at most 255 characters")
    if name == "trial_days" and not 0 <= value <= MOST_TRIAL_DAYS:
        raise BadOffer(f"a trial lasts 0 to {MOST_TRIAL_DAYS} days")
    if name == "places" and value is not None and value < 1:
        raise BadOffer("a limited plan has at least one place")


def set_openings(plan: Plan, opens: Sequence[tuple[Show, Tier | None]]) -> None:
    """What the plan opens from now on. Raises BadOffer.

    Members of before follow when reconcile next runs; plans are seldom changed.
    """
    if not opens:
        raise BadOffer("a plan opens at least one show")
    for show, tier in opens:
        if tier is not None and tier.show_id != show.id:
            raise BadOffer(f"“{tier.name}” is not a tier of {show.title}")
    plan.opens = [
        PlanOpening(show_id=show.id, tier_id=None if tier is None else tier.id)
        for show, tier in dict.fromkeys(opens)
    ]


def add_price(session: Session, plan: Plan, terms: PriceTerms, now: datetime) -> Price:
    """One more way to pay for a plan. Raises BadOffer."""
    if plan.is_free:
        raise BadOffer("a free plan has no prices: make another plan")
    price = new_price(terms, now)
    price.plan = plan
    session.add(price)
    session.flush()
    return price


def new_price(terms: PriceTerms, now: datetime) -> Price:
    """A price without a thing yet. Raises BadOffer."""
    minimum = terms.minimum
    if minimum is not None and (
        minimum.currency != terms.money.currency or minimum.amount > terms.money.amount
    ):
        raise BadOffer("the minimum is in the same currency and at most the suggested amount")
    if terms.money.amount == 0 and minimum is None:
        raise BadOffer("a price is more than nothing; for nothing, make a free plan")
    if terms.access_days is not None and (terms.interval is not None or terms.access_days < 1):
        raise BadOffer("days of access belong to a price that is paid once")
    return Price(
        amount=terms.money.amount,
        currency=terms.money.currency,
        minimum=None if minimum is None else minimum.amount,
        interval="once" if terms.interval is None else terms.interval.unit,
        interval_count=1 if terms.interval is None else terms.interval.count,
        access_days=terms.access_days,
        created_at=now,
    )


def retire_price(price: Price, now: datetime) -> None:
    """Nobody new pays it; members who pay it already go on until they are moved."""
    price.retired_at = price.retired_at or now


def archive_plan(plan: Plan, now: datetime) -> None:
    """Nobody can join any more; its members keep what they have."""
    plan.state = "archived"
    for price in plan.prices:
        retire_price(price, now)


def find_plan(session: Session, slug: str) -> Plan:
    """The plan by its short name. Raises NoSuchOffer, naming the ones there are."""
    plan = session.scalars(select(Plan).where(Plan.slug == slug)).first()
    if plan is None:
        known = ", ".join(each.slug for each in list_plans(session)) or "none yet"
        raise NoSuchOffer(f"there is no plan “{slug[:80]}” (plans: {known})")
    return plan


def list_plans(session: Session) -> list[Plan]:
    """All plans in the podcaster's order, archived ones last."""
    return list(
        session.scalars(
            select(Plan).order_by(Plan.state == "archived", Plan.position, Plan.name, Plan.id)
        )
    )


def plans_on_sale(session: Session, show_id: int, now: datetime) -> list[Plan]:
    """The plans that open a show (or a tier of it) and can be joined now."""
    # Not `distinct`: PostgreSQL cannot compare the JSON of a plan's benefits.
    opening = select(PlanOpening.plan_id).where(PlanOpening.show_id == show_id)
    found = session.scalars(
        select(Plan)
        .where(Plan.id.in_(opening), Plan.state == "open")
        .order_by(Plan.position, Plan.id)
    )
    return [plan for plan in found if is_on_sale(session, plan, now)]


def is_on_sale(session: Session, plan: Plan, now: datetime) -> bool:
    """Open, not past its closing date, and with a place left."""
    if plan.state != "open" or (plan.closes_at is not None and plan.closes_at <= now):
        return False
    return plan.places is None or places_taken(session, plan, now) < plan.places


def places_taken(session: Session, plan: Plan, now: datetime) -> int:
    """Members of a plan, and checkouts that may still become one."""
    members = session.scalar(
        select(func.count()).where(Subscription.plan_id == plan.id, Subscription.status.in_(ALIVE))
    )
    open_ones = session.scalar(
        select(func.count()).where(
            Checkout.plan_id == plan.id,
            Checkout.purpose == "membership",
            Checkout.state == "open",
            Checkout.expires_at > now,
        )
    )
    return (members or 0) + _paid_once(session, plan, now) + (open_ones or 0)


def _paid_once(session: Session, plan: Plan, now: datetime) -> int:
    """Who paid once, or is about to, and it is neither over nor paid back."""
    taken_back = exists().where(
        Payment.purchase_id == Purchase.id,
        or_(
            Payment.disputed,
            # Where the podcaster said that access stays, its place is taken.
            Payment.refund_closes.is_(None)
            & (Payment.amount > 0)
            & (Payment.refunded >= Payment.amount),
            Payment.refund_closes & (Payment.refunded > 0),
        ),
    )
    rows = session.execute(
        select(Purchase.member_id, Purchase.paid_at, Purchase.created_at, Price.access_days)
        .outerjoin(Price, Price.id == Purchase.price_id)
        .where(
            Purchase.plan_id == plan.id,
            Purchase.purpose == "membership",
            Purchase.status != "failed",
            ~taken_back,
        )
    )
    return len(
        {
            row.member_id
            for row in rows
            if row.access_days is None
            or (row.paid_at or row.created_at) + timedelta(days=row.access_days) > now
        }
    )


def current_prices(sold: Plan | Collection) -> list[Price]:
    """The prices a newcomer can choose."""
    return [price for price in sold.prices if price.retired_at is None]


def interval_of(price: Price) -> Interval | None:
    """A price's interval; None when it is paid once."""
    for unit in UNITS:
        if price.interval == unit:
            return Interval(unit, price.interval_count)
    return None


def money_of(price: Price) -> Money:
    """A price's amount."""
    return Money(price.amount, price.currency)


def find_price(session: Session, key: str) -> Price:
    """A price by its public key. Raises NoSuchOffer."""
    found = select(Price).where(Price.key == key)
    price = session.scalars(found).first() if is_key(key) else None
    if price is None:
        raise NoSuchOffer("there is no such price any more: look at the plans again")
    return price


def agreed_money(price: Price, chosen: Money | None) -> Money:
    """What is really paid: the price, or what the payer chose where they may.

    Raises AmountRefused for less than the minimum, another currency, or a choice where there
    is none.
    """
    if chosen is None or (price.minimum is None and chosen == money_of(price)):
        return money_of(price)
    if price.minimum is None:
        raise AmountRefused("this price cannot be chosen freely")
    if chosen.currency != price.currency:
        raise AmountRefused(f"this is paid in {price.currency.upper()}")
    if chosen.amount < price.minimum:
        raise AmountRefused(f"at least {Money(price.minimum, price.currency)}")
    return chosen


def membership_basket(
    session: Session,
    price_key: str,
    *,
    chosen: Money | None = None,
    code: str = "",
    email: str,
    now: datetime,
) -> Basket:
    """A membership to check out, with a coupon code if one was typed.

    Raises NoSuchOffer, NotForSale, AmountRefused.
    """
    price = find_price(session, price_key)
    plan = price.plan
    if plan is None:
        raise NoSuchOffer("there is no such price any more: look at the plans again")
    # Two people must not get the last place: the second waits for this row here.
    session.refresh(plan, with_for_update=True)
    if price.retired_at is not None or not is_on_sale(session, plan, now):
        raise NotForSale(f"{plan.name} cannot be joined at the moment")
    each = agreed_money(price, chosen)
    if code and price.minimum is not None:
        raise NotForSale("you choose this price yourself, so codes do not apply")
    coupon = find_coupon(session, code, each=each, email=email, now=now) if code else None
    return Basket(
        "membership",
        ("plan", plan.id, plan.key),
        plan.name,
        plan.description,
        each,
        interval_of(price),
        price=price if each == money_of(price) else None,
        plan_id=plan.id,
        price_id=price.id,
        coupon=coupon,
        trial_days=0 if _had_before(session, plan, email) else plan.trial_days,
    )


def _had_before(session: Session, plan: Plan, email: str) -> bool:
    """Whether this address had the plan before: a trial is for newcomers."""
    query = select(Checkout.id).where(
        Checkout.plan_id == plan.id,
        Checkout.email == email,
        Checkout.state.in_(("complete", "settled")),
        Checkout.purpose == "membership",
    )
    return session.scalars(query.limit(1)).first() is not None
