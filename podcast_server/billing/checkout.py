"""Buying: a basket becomes a checkout at the provider, and, once paid, rows and rights."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.accounts.members import normalise_email
from podcast_server.accounts.models import Member
from podcast_server.billing.basket import Basket
from podcast_server.billing.catalogue import publish_basket
from podcast_server.billing.coupons import first_total
from podcast_server.billing.errors import NotYours
from podcast_server.billing.events import Ref
from podcast_server.billing.models import Checkout, Plan, RemoteCustomer, Subscription
from podcast_server.billing.plans import ALIVE
from podcast_server.billing.providers.base import Order, PaymentProvider
from podcast_server.billing.settle import settle
from podcast_server.billing.till import Till


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys. ``member_id`` only for somebody who is signed in."""

    email: str
    member_id: int | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkout that waits to be paid: send the browser to ``url`` and remember ``key``."""

    key: str
    url: str


@dataclass(frozen=True, slots=True)
class Finished:
    """How a checkout came out.

    state: settled, complete (money is on its way), open, expired or failed
    is_newcomer: this checkout made the account, so its browser may see the new feeds;
        otherwise they are sent by mail or shown after signing in
    """

    key: str
    state: str
    purpose: str
    member_id: int | None
    is_newcomer: bool


def open_checkout(
    till: Till, fill: Callable[[Session], Basket], buyer: Buyer, back_path: str, now: datetime
) -> Opened:
    """Start paying for what ``fill`` puts into the basket, checked in one transaction.

    ``back_path`` is a path on this site for those who turn back. Raises what ``fill`` raises,
    BadEmailError, ProviderError. Own transactions: call it outside of any.
    """
    if not is_own_path(back_path):
        raise ValueError(f"not a path of this site: {back_path!r}")
    provider = till.selling
    with till.sessions.begin() as session:
        basket = fill(session)
        checkout = _note(session, basket, buyer, provider, now)
        customer_ref = _customer_of(session, provider.realm, buyer.member_id, basket.each.currency)
    published = publish_basket(till, basket)
    order = Order(
        key=checkout.key,
        product_ref=published.product_ref,
        price_ref=published.price_ref,
        each=basket.each,
        interval=basket.interval,
        quantity=basket.quantity,
        email=checkout.email,
        customer_ref=customer_ref,
        trial_days=basket.trial_days,
        coupon_ref=published.coupon_ref,
        first_total=first_total(basket),
        locale=buyer.locale,
        done_url=f"{till.public_url}/checkout/done",
        back_url=f"{till.public_url}{back_path}",
        created_at=now,
        expires_at=checkout.expires_at,
        automatic_tax=till.toggles.automatic_tax,
        billing_address=till.toggles.billing_address,
        promotion_codes=till.toggles.promotion_codes and basket.coupon is None,
    )
    started = provider.start_checkout(order)
    with till.sessions.begin() as session:
        session.get_one(Checkout, checkout.id).ref = started.ref
    return Opened(checkout.key, started.url)


def is_own_path(path: str) -> bool:
    """Whether a redirect to this path stays on this site."""
    return (
        path.startswith("/")
        and not path.startswith("//")
        and "\\" not in path
        and path.isprintable()
        and " " not in path
    )


def _note(
    session: Session, basket: Basket, buyer: Buyer, provider: PaymentProvider, now: datetime
) -> Checkout:
    signed_in = None if buyer.member_id is None else session.get_one(Member, buyer.member_id)
    plan = None if basket.plan_id is None else session.get_one(Plan, basket.plan_id)
    holds_place = basket.purpose == "membership" and plan is not None and plan.places is not None
    checkout = Checkout(
        realm=provider.realm,
        purpose=basket.purpose,
        member_id=None if signed_in is None else signed_in.id,
        email=normalise_email(buyer.email) if signed_in is None else signed_in.email,
        locale=buyer.locale,
        plan_id=basket.plan_id,
        collection_id=basket.collection_id,
        price_id=basket.price_id,
        coupon_id=None if basket.coupon is None else basket.coupon.id,
        amount=basket.each.amount,
        currency=basket.each.currency,
        interval="once" if basket.interval is None else basket.interval.unit,
        interval_count=1 if basket.interval is None else basket.interval.count,
        quantity=basket.quantity,
        details=dict(basket.details),
        created_at=now,
        expires_at=now + provider.patience(holds_place=holds_place),
    )
    session.add(checkout)
    session.flush()
    return checkout


def _customer_of(session: Session, realm: str, member_id: int | None, currency: str) -> str:
    """The provider's customer of somebody signed in; a stranger never gets somebody's.

    None that pays in another currency: Stripe bills a customer in one at a time.
    """
    if member_id is None:
        return ""
    elsewhere = select(Subscription.customer_ref).where(
        Subscription.realm == realm,
        Subscription.member_id == member_id,
        Subscription.status.in_(ALIVE),
        Subscription.currency != currency,
    )
    found = session.scalars(
        select(RemoteCustomer.ref)
        .where(RemoteCustomer.realm == realm, RemoteCustomer.member_id == member_id)
        .where(RemoteCustomer.ref.not_in(elsewhere))
        .order_by(RemoteCustomer.ref)
    ).first()
    return found or ""


def complete_checkout(
    till: Till, ref: str, own_keys: Collection[str], member_id: int | None, now: datetime
) -> Finished:
    """What the return page does: look the checkout up itself, apply it once, say how it came out.

    ``own_keys`` are the keys this browser was given by open_checkout. Raises NotYours for
    anybody else's checkout, ProviderError. Own transactions: call it outside of any.
    """
    with till.reading() as session:
        found = select(Checkout).where(Checkout.ref == ref, Checkout.ref != "")
        checkout = session.scalars(found).first() if ref.isascii() and ref.isprintable() else None
    if checkout is None or not _is_own(checkout, own_keys, member_id):
        raise NotYours("this payment was not started in this browser")
    if checkout.state in {"open", "complete"}:
        settle(till, checkout.realm, Ref("checkout", ref), Cause("return page"), now)
    with till.reading() as session:
        row = session.get_one(Checkout, checkout.id)
    return Finished(row.key, row.state, row.purpose, row.member_id, row.made_member)


def _is_own(checkout: Checkout, own_keys: Collection[str], member_id: int | None) -> bool:
    return checkout.key in own_keys or (member_id is not None and checkout.member_id == member_id)
