"""Promotion codes: what a payer types for a coupon. https://docs.stripe.com/api/promotion_codes"""

from __future__ import annotations

import re

from stripe.params import (
    PromotionCodeCreateParams,
    PromotionCodeListParams,
    PromotionCodeRetrieveParams,
    PromotionCodeUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.discounts import promotion_is_valid
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.store import Thing

_CODE = re.compile(r"^[A-Za-z0-9-]{1,500}$")


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    if "coupon" not in params["promotion"]:
        raise missing("promotion[coupon]")
    coupon = world.store.get("coupon", params["promotion"]["coupon"], "promotion[coupon]")
    code = params.get("code") or world.store.secret(8).upper()
    _check_code(call, code)
    if "customer" in params:
        living(world, params["customer"])
    limits = params.get("restrictions", {})
    promotion = world.new(
        "promotion_code",
        {
            "active": params.get("active", True),
            "code": code,
            "customer": params.get("customer"),
            "customer_account": None,
            "expires_at": params.get("expires_at"),
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged(None, params.get("metadata")),
            "promotion": {"coupon": coupon["id"], "type": "coupon"},
            "restrictions": {
                "first_time_transaction": limits.get("first_time_transaction", False),
                "minimum_amount": limits.get("minimum_amount"),
                "minimum_amount_currency": limits.get("minimum_amount_currency"),
            },
            "times_redeemed": 0,
        },
    )
    emit(world, "promotion_code.created", promotion)
    return promotion


def _check_code(call: Call, code: str) -> None:
    if not _CODE.match(code):
        raise invalid("Promotion codes take letters, digits and dashes.", "code")
    for other in call.world.store.all("promotion_code", active=True):
        if other["code"].casefold() == code.casefold():
            raise invalid("An active promotion code with that code already exists.", "code")


def retrieve(call: Call) -> Thing:
    promotion = call.world.store.get("promotion_code", call.id)
    promotion["active"] = promotion_is_valid(call.world, promotion)
    return promotion


def update(call: Call) -> Thing:
    promotion = call.world.store.get("promotion_code", call.id)
    with changing(call.world, promotion, "promotion_code.updated"):
        promotion["metadata"] = merged(promotion["metadata"], call.params.get("metadata"))
        promotion["active"] = call.params.get("active", promotion["active"])
    return promotion


def list_all(call: Call) -> Thing:
    keys = ("active", "customer")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all("promotion_code", **wanted)
    if "code" in call.params:
        typed = call.params["code"].casefold()
        things = [p for p in things if p["code"].casefold() == typed]
    if "coupon" in call.params:
        things = [p for p in things if p["promotion"]["coupon"] == call.params["coupon"]]
    return page(things, call.params, "/v1/promotion_codes")


ROUTES = [
    route(
        "POST",
        "/v1/promotion_codes",
        create,
        PromotionCodeCreateParams,
        "promotion.type promotion.coupon code active customer expires_at max_redemptions "
        "metadata.* restrictions.first_time_transaction restrictions.minimum_amount "
        "restrictions.minimum_amount_currency",
    ),
    route(
        "GET",
        "/v1/promotion_codes",
        list_all,
        PromotionCodeListParams,
        f"{PAGING} active code coupon customer",
    ),
    route("GET", "/v1/promotion_codes/{id}", retrieve, PromotionCodeRetrieveParams),
    route(
        "POST",
        "/v1/promotion_codes/{id}",
        update,
        PromotionCodeUpdateParams,
        "active metadata metadata.*",
    ),
]
