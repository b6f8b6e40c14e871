"""Products, prices and coupons at Stripe."""

from __future__ import annotations

import stripe
from stripe.params import (
    CouponCreateParams,
    PriceCreateParams,
    ProductCreateParams,
    PromotionCodeCreateParams,
)

from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.providers.base import Discount, PriceTag, Product
from podcast_server.billing.providers.stripe.amounts import to_stripe
from podcast_server.billing.providers.stripe.client import once, talking


def publish_product(client: stripe.StripeClient, product: Product) -> str:
    """https://docs.stripe.com/api/products/create"""
    params: ProductCreateParams = {
        "name": product.name,
        "metadata": {"key": product.key},
    }
    if product.description:
        params["description"] = product.description[:500]
    with talking():
        made = client.v1.products.create(params, once("product", product.key, params))
    return made.id


def publish_price(client: stripe.StripeClient, tag: PriceTag) -> str:
    """https://docs.stripe.com/api/prices/create"""
    params: PriceCreateParams = {
        "product": tag.product_ref,
        "currency": tag.each.currency,
        "unit_amount": to_stripe(tag.each),
        "metadata": {"key": tag.key},
    }
    if tag.interval is not None:
        params["recurring"] = {
            "interval": tag.interval.unit,
            "interval_count": tag.interval.count,
        }
    with talking():
        made = client.v1.prices.create(params, once("price", tag.key, params))
    return made.id


def retire_price(client: stripe.StripeClient, ref: str) -> None:
    """Inactive prices cannot be chosen any more; subscriptions keep them."""
    with talking():
        client.v1.prices.update(ref, {"active": False})


def publish_coupon(client: stripe.StripeClient, discount: Discount) -> str:
    """A coupon and the promotion code people type; returns the code's id."""
    coupon: CouponCreateParams = {"name": discount.code, "duration": _DURATIONS[discount.duration]}
    if discount.months is not None:
        coupon["duration_in_months"] = discount.months
    if discount.off is not None:
        coupon["amount_off"] = to_stripe(discount.off)
        coupon["currency"] = discount.off.currency
    elif discount.percent is not None:
        coupon["percent_off"] = discount.percent
    with talking():
        made = client.v1.coupons.create(coupon, once("coupon", discount.key, coupon))
        code: PromotionCodeCreateParams = {
            "promotion": {"type": "coupon", "coupon": made.id},
            "code": discount.code,
        }
        if discount.most_uses is not None:
            code["max_redemptions"] = discount.most_uses
        if discount.closes_at is not None:
            code["expires_at"] = int(discount.closes_at.timestamp())
        return client.v1.promotion_codes.create(code, once("code", discount.key, code)).id


def coupon_of(client: stripe.StripeClient, ref: str) -> str:
    """The coupon behind a promotion code. Raises ProviderRefused where it was deleted."""
    coupon = client.v1.promotion_codes.retrieve(ref).promotion.coupon
    if coupon is None:
        raise ProviderRefused("the coupon was deleted at Stripe")
    return coupon if isinstance(coupon, str) else coupon.id


def retire_coupon(client: stripe.StripeClient, ref: str) -> None:
    """The code can no longer be typed."""
    with talking():
        client.v1.promotion_codes.update(ref, {"active": False})


_DURATIONS = {"once": "once", "months": "repeating", "forever": "forever"}
