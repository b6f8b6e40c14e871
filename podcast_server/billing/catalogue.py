"""Our plans, collections, prices and coupons, made known to a provider once each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from podcast_server.billing.basket import Basket
from podcast_server.billing.models import Coupon, Plan, Price, RemoteObject
from podcast_server.billing.money import Money
from podcast_server.billing.plans import interval_of, money_of
from podcast_server.billing.providers.base import Discount, PaymentProvider, PriceTag, Product
from podcast_server.billing.till import Till


@dataclass(frozen=True, slots=True)
class Published:
    """A provider's ids for what is in a basket; empty where there is none."""

    product_ref: str
    price_ref: str = ""
    coupon_ref: str = ""


def publish_basket(till: Till, basket: Basket) -> Published:
    """Make sure the provider knows what is in the basket. Own transactions."""
    kind, local_id, key = basket.product
    product = Product(key, basket.name, basket.description)
    provider = till.selling
    product_ref = _ensure(till, provider, kind, local_id, lambda: provider.publish_product(product))
    price_ref = ""
    if basket.price is not None:
        price_ref = _publish_price(till, provider, basket.price, product_ref)
    coupon_ref = "" if basket.coupon is None else publish_coupon(till, basket.coupon)
    return Published(product_ref, price_ref, coupon_ref)


def publish_plan(till: Till, plan: Plan, realm: str) -> None:
    """Make a plan and its current prices known in a realm. Own transactions."""
    provider = till.provider_of(realm)
    product = Product(plan.key, plan.name, plan.description)
    product_ref = _ensure(
        till, provider, "plan", plan.id, lambda: provider.publish_product(product)
    )
    for price in plan.prices:
        if price.retired_at is None:
            _publish_price(till, provider, price, product_ref)


def publish_coupon(till: Till, coupon: Coupon) -> str:
    """Make a code known; returns the provider's id. Own transactions."""
    off = None
    if coupon.amount is not None and coupon.currency is not None:
        off = Money(coupon.amount, coupon.currency)
    discount = Discount(
        coupon.key,
        coupon.code,
        coupon.percent,
        off,
        coupon.duration,  # type: ignore[arg-type]  # checked when it was made
        coupon.months,
        coupon.most_uses,
        coupon.closes_at,
    )
    provider = till.selling
    return _ensure(till, provider, "coupon", coupon.id, lambda: provider.publish_coupon(discount))


def _publish_price(till: Till, provider: PaymentProvider, price: Price, product_ref: str) -> str:
    tag = PriceTag(price.key, product_ref, money_of(price), interval_of(price))
    return _ensure(till, provider, "price", price.id, lambda: provider.publish_price(tag))


def retire_remote_price(till: Till, price_id: int) -> None:
    """Nobody new can pay a price at any provider that knows it. Own transactions."""
    for realm, provider in till.providers.items():
        ref = remote_ref(till, realm, "price", price_id)
        if ref:
            provider.retire_price(ref)


def retire_remote_coupon(till: Till, coupon_id: int) -> None:
    """The code works at no provider any more. Own transactions."""
    for realm, provider in till.providers.items():
        ref = remote_ref(till, realm, "coupon", coupon_id)
        if ref:
            provider.retire_coupon(ref)


def remote_ref(till: Till, realm: str, kind: str, local_id: int) -> str:
    """A realm's id of something of ours; empty when it was never published there."""
    with till.reading() as session:
        return (
            session.scalars(
                select(RemoteObject.ref).where(
                    RemoteObject.realm == realm,
                    RemoteObject.kind == kind,
                    RemoteObject.local_id == local_id,
                )
            ).first()
            or ""
        )


def _ensure(
    till: Till, provider: PaymentProvider, kind: str, local_id: int, publish: Callable[[], str]
) -> str:
    realm = provider.realm
    known = remote_ref(till, realm, kind, local_id)
    if known:
        return known
    # Two at once publish the same thing under the same key, so both get the same id.
    ref = publish()
    with till.sessions.begin() as session:
        if session.get(RemoteObject, (realm, kind, local_id)) is None:
            session.add(RemoteObject(realm=realm, kind=kind, local_id=local_id, ref=ref))
    return ref
