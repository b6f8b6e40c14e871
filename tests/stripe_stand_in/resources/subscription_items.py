"""Subscription items. https://docs.stripe.com/api/subscription_items"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    SubscriptionItemCreateParams,
    SubscriptionItemDeleteParams,
    SubscriptionItemListParams,
    SubscriptionItemRetrieveParams,
    SubscriptionItemUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import lifecycle
from tests.stripe_stand_in.engine.changing_plans import Change, change_items
from tests.stripe_stand_in.errors import missing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.store import Thing

_ENTRY = ("price", "quantity", "metadata")


def _change(call: Call, subscription: Thing, entry: dict[str, Any]) -> None:
    how = Change(
        proration=call.params.get("proration_behavior", "create_prorations"),
        payment=call.params.get("payment_behavior", "allow_incomplete"),
        at=call.params.get("proration_date"),
    )
    given = {key: call.params[key] for key in _ENTRY if key in call.params}
    change_items(call.world, subscription, [given | entry], how)


def create(call: Call) -> Thing:
    if "subscription" not in call.params:
        raise missing("subscription")
    subscription = call.world.store.get("subscription", call.params["subscription"], "subscription")
    _change(call, subscription, {})
    return lifecycle.items_of(subscription)[-1]


def retrieve(call: Call) -> Thing:
    return call.world.store.get("subscription_item", call.id)


def update(call: Call) -> Thing:
    item = call.world.store.get("subscription_item", call.id)
    subscription = call.world.store.get("subscription", item["subscription"])
    _change(call, subscription, {"id": item["id"]})
    return call.world.store.get("subscription_item", call.id)


def delete(call: Call) -> Thing:
    item = call.world.store.get("subscription_item", call.id)
    subscription = call.world.store.get("subscription", item["subscription"])
    _change(call, subscription, {"id": item["id"], "deleted": True})
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


def list_all(call: Call) -> Thing:
    wanted = call.world.store.get("subscription", call.params["subscription"], "subscription")
    things = lifecycle.items_of(wanted)[::-1]
    return page(things, call.params, "/v1/subscription_items")


_HOW = "proration_behavior payment_behavior proration_date metadata metadata.*"
ROUTES = [
    route(
        "POST",
        "/v1/subscription_items",
        create,
        SubscriptionItemCreateParams,
        f"{_HOW} subscription price quantity",
    ),
    route(
        "GET",
        "/v1/subscription_items",
        list_all,
        SubscriptionItemListParams,
        f"{PAGING} subscription",
    ),
    route("GET", "/v1/subscription_items/{id}", retrieve, SubscriptionItemRetrieveParams),
    route(
        "POST",
        "/v1/subscription_items/{id}",
        update,
        SubscriptionItemUpdateParams,
        f"{_HOW} price quantity",
    ),
    route(
        "DELETE",
        "/v1/subscription_items/{id}",
        delete,
        SubscriptionItemDeleteParams,
        "proration_behavior proration_date",
    ),
]
