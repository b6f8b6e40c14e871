"""Coupons. https://docs.stripe.com/api/coupons"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    CouponCreateParams,
    CouponDeleteParams,
    CouponListParams,
    CouponRetrieveParams,
    CouponUpdateParams,
)

from tests.stripe_stand_in import money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.discounts import coupon_is_valid
from tests.stripe_stand_in.errors import StripeError, invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    _check(params)
    if world.store.find("coupon", params.get("id")):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    amount_off = params.get("amount_off")
    currency = money.check_currency(params["currency"]) if amount_off else None
    coupon = world.new(
        "coupon",
        {
            "amount_off": amount_off,
            "currency": currency,
            "duration": params.get("duration", "once"),
            "duration_in_months": params.get("duration_in_months"),
            "id": params.get("id") or world.store.new_id("coupon"),
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged(None, params.get("metadata")),
            "name": params.get("name"),
            "percent_off": params.get("percent_off"),
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        },
    )
    emit(world, "coupon.created", coupon)
    return coupon


def _check(params: dict[str, Any]) -> None:
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid("Exactly one of percent_off and amount_off must be given.", "percent_off")
    if "percent_off" in params and not 0 < params["percent_off"] <= 100:
        raise invalid("percent_off must be between 0 and 100.", "percent_off")
    if "amount_off" in params:
        if "currency" not in params:
            raise missing("currency")
        if params["amount_off"] < 1:
            raise invalid("Invalid positive integer", "amount_off")
    repeating = params.get("duration") == "repeating"
    if repeating != ("duration_in_months" in params):
        raise invalid(
            "duration_in_months goes with duration=repeating, and only with it.",
            "duration_in_months",
        )


def retrieve(call: Call) -> Thing:
    coupon = call.world.store.get("coupon", call.id)
    coupon["valid"] = coupon_is_valid(call.world, coupon)
    return coupon


def update(call: Call) -> Thing:
    coupon = call.world.store.get("coupon", call.id)
    with changing(call.world, coupon, "coupon.updated"):
        coupon["metadata"] = merged(coupon["metadata"], call.params.get("metadata"))
        coupon["name"] = call.params.get("name", coupon["name"])
    return coupon


def delete(call: Call) -> Thing:
    coupon = call.world.store.get("coupon", call.id)
    emit(call.world, "coupon.deleted", coupon)
    call.world.store.forget(coupon)
    return {"id": coupon["id"], "object": "coupon", "deleted": True}


def list_all(call: Call) -> Thing:
    return page(call.world.store.all("coupon"), call.params, "/v1/coupons")


ROUTES = [
    route(
        "POST",
        "/v1/coupons",
        create,
        CouponCreateParams,
        "id amount_off percent_off currency duration duration_in_months max_redemptions name "
        "redeem_by metadata.*",
    ),
    route("GET", "/v1/coupons", list_all, CouponListParams, PAGING),
    route("GET", "/v1/coupons/{id}", retrieve, CouponRetrieveParams),
    route("POST", "/v1/coupons/{id}", update, CouponUpdateParams, "name metadata metadata.*"),
    route("DELETE", "/v1/coupons/{id}", delete, CouponDeleteParams),
]
