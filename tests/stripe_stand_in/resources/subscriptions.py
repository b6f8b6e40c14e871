"""Subscriptions. https://docs.stripe.com/api/subscriptions"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    SubscriptionCancelParams,
    SubscriptionCreateParams,
    SubscriptionListParams,
    SubscriptionResumeParams,
    SubscriptionRetrieveParams,
    SubscriptionSearchParams,
    SubscriptionUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import discounts, lifecycle, renewing
from tests.stripe_stand_in.engine.changing_plans import Change, change_items, change_trial_end
from tests.stripe_stand_in.engine.methods import resolve
from tests.stripe_stand_in.engine.starting import Start, Wanted, start, trial_end_after
from tests.stripe_stand_in.errors import invalid, missing, no_such
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.search import search_page
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    if "customer" not in params:
        raise missing("customer")
    customer = living(world, params["customer"])
    settings = params.get("trial_settings", {}).get("end_behavior", {})
    return start(
        world,
        Start(
            customer=customer,
            items=[_wanted(world, entry, n) for n, entry in enumerate(params.get("items", []))],
            metadata=merged(None, params.get("metadata")),
            description=params.get("description"),
            method=_method(world, params, customer),
            trial_end=_trial_end(params, world.now_for(customer["id"])),
            missing_method=settings.get("missing_payment_method", "create_invoice"),
            reductions=discounts.read(world, params.get("discounts") or []),
            behavior=params.get("payment_behavior", "allow_incomplete"),
            collection=params.get("collection_method", "charge_automatically"),
            days_until_due=_days_until_due(params),
            cancel_at=_moment(params.get("cancel_at")),
            cancel_at_period_end=params.get("cancel_at_period_end", False),
            automatic_tax=params.get("automatic_tax", {}).get("enabled", False),
            billing_mode=params.get("billing_mode", {}).get("type", "flexible"),
        ),
    )


def _wanted(world: World, entry: dict[str, Any], index: int) -> Wanted:
    if "price" not in entry:
        raise missing(f"items[{index}][price]")
    price = world.store.get("price", entry["price"], f"items[{index}][price]")
    quantity = entry.get("quantity", 1)
    if quantity < 0:
        raise invalid("Invalid non-negative integer", f"items[{index}][quantity]")
    return Wanted(price, quantity, merged(None, entry.get("metadata")))


def _method(world: World, params: dict[str, Any], customer: Thing) -> str | None:
    given = params.get("default_payment_method")
    if given is None:
        return None
    method = resolve(world, given, "default_payment_method")
    if method["customer"] != customer["id"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {given}. The payment method "
            "must be attached to the customer.",
            "default_payment_method",
            "resource_missing",
        )
    found: str = method["id"]
    return found


def _trial_end(params: dict[str, Any], now: int) -> int | None:
    if "trial_end" in params and "trial_period_days" in params:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            "trial_end",
        )
    given = params.get("trial_end")
    if given == "now":
        return None
    return given or trial_end_after(now, params.get("trial_period_days"))


def _days_until_due(params: dict[str, Any]) -> int | None:
    sends = params.get("collection_method") == "send_invoice"
    if sends and "days_until_due" not in params:
        raise missing("days_until_due")
    found: int | None = params.get("days_until_due")
    return found


def _moment(given: Any) -> int | None:
    if isinstance(given, str) and given:
        raise invalid("The stand-in models timestamps for cancel_at.", "cancel_at")
    return given or None


def retrieve(call: Call) -> Thing:
    return call.world.store.get("subscription", call.id)


def update(call: Call) -> Thing:
    world, params = call.world, call.params
    subscription = world.store.get("subscription", call.id)
    if not lifecycle.is_alive(subscription):
        _update_ended(world, subscription, params)
        return subscription
    how = Change(
        proration=params.get("proration_behavior", "create_prorations"),
        payment=params.get("payment_behavior", "allow_incomplete"),
        at=params.get("proration_date"),
    )
    if how.payment in ("pending_if_incomplete", "default_incomplete"):
        raise invalid(f"The stand-in does not model {how.payment} here.", "payment_behavior")
    with changing(world, subscription, "customer.subscription.updated"):
        _update_plain(world, subscription, params)
        _update_ending(world, subscription, params)
    if "items" in params:
        change_items(world, subscription, params["items"], how)
    if "trial_end" in params:
        change_trial_end(world, subscription, params["trial_end"], how)
    return subscription


def _update_ended(world: World, subscription: Thing, params: dict[str, Any]) -> None:
    """A canceled subscription takes notes and nothing else."""
    if set(params) - {"metadata", "cancellation_details"}:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    with changing(world, subscription, "customer.subscription.updated"):
        subscription["metadata"] = merged(subscription["metadata"], params.get("metadata"))


def _update_plain(world: World, subscription: Thing, params: dict[str, Any]) -> None:
    if "metadata" in params:
        subscription["metadata"] = merged(subscription["metadata"], params["metadata"])
    if "description" in params:
        subscription["description"] = params["description"] or None
    if "default_payment_method" in params:
        customer = world.store.get("customer", subscription["customer"])
        subscription["default_payment_method"] = _method(world, params, customer)
    if "pause_collection" in params:
        given = params["pause_collection"]
        subscription["pause_collection"] = (
            {"behavior": given["behavior"], "resumes_at": given.get("resumes_at")}
            if given
            else None
        )
    if "cancellation_details" in params:
        details = subscription["cancellation_details"] | (params["cancellation_details"] or {})
        subscription["cancellation_details"] = details
    if "discounts" in params:
        reductions = discounts.read(world, params["discounts"] or [])
        discounts.check_currency(reductions, subscription["currency"])
        subscription["discounts"] = [
            discounts.redeem(
                world, r, customer=subscription["customer"], subscription=subscription["id"]
            )["id"]
            for r in reductions
        ]


def _update_ending(world: World, subscription: Thing, params: dict[str, Any]) -> None:
    if "cancel_at" in params and params.get("cancel_at_period_end"):
        raise invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            "cancel_at",
        )
    if params.get("cancel_at_period_end"):
        _, end = lifecycle.period_of(subscription)
        lifecycle.schedule_end(world, subscription, at=end, period_end=True)
    elif params.get("cancel_at"):
        at = params["cancel_at"]
        if at in ("min_period_end", "max_period_end"):
            _, at = lifecycle.period_of(subscription)
        at = _moment(at)
        if at is not None and at <= world.now_for(subscription["customer"]):
            raise invalid("`cancel_at` must be a timestamp in the future.", "cancel_at")
        lifecycle.schedule_end(world, subscription, at=at)
    elif "cancel_at" in params or "cancel_at_period_end" in params:
        lifecycle.schedule_end(world, subscription, at=None)


def cancel(call: Call) -> Thing:
    """DELETE: at once. A subscription that is over already answers 404, as Stripe's does."""
    world = call.world
    subscription = world.store.get("subscription", call.id)
    if not lifecycle.is_alive(subscription):
        raise no_such("subscription", call.id)
    details = call.params.get("cancellation_details") or {}
    subscription["cancellation_details"] |= details
    lifecycle.cancel_now(world, subscription)
    return subscription


def resume(call: Call) -> Thing:
    subscription = call.world.store.get("subscription", call.id)
    renewing.resume(call.world, subscription)
    return subscription


def list_all(call: Call) -> Thing:
    """Without `status` everything but canceled ones; `all` and `ended` as documented."""
    params = call.params
    keys = ("customer", "test_clock", "collection_method")
    wanted = {key: params[key] for key in keys if key in params}
    things = call.world.store.all("subscription", **wanted)
    status = params.get("status")
    if status is None:
        things = [s for s in things if s["status"] not in ("canceled", "incomplete_expired")]
    elif status == "ended":
        things = [s for s in things if not lifecycle.is_alive(s)]
    elif status != "all":
        things = [s for s in things if s["status"] == status]
    if "price" in params:
        things = [
            s
            for s in things
            if any(i["price"]["id"] == params["price"] for i in lifecycle.items_of(s))
        ]
    return page(things, params, "/v1/subscriptions")


def search(call: Call) -> Thing:
    things = call.world.store.all("subscription")
    return search_page(things, call.params, "/v1/subscriptions/search")


_SHARED = (
    "items.price items.quantity items.metadata.* metadata metadata.* description "
    "default_payment_method trial_end cancel_at cancel_at_period_end payment_behavior "
    "proration_behavior discounts discounts.coupon discounts.promotion_code off_session"
)
ROUTES = [
    route(
        "POST",
        "/v1/subscriptions",
        create,
        SubscriptionCreateParams,
        f"{_SHARED} customer trial_period_days collection_method days_until_due "
        "automatic_tax.enabled billing_mode.* trial_settings.*",
    ),
    route(
        "GET",
        "/v1/subscriptions",
        list_all,
        SubscriptionListParams,
        f"{PAGING} customer price status test_clock collection_method",
    ),
    route("GET", "/v1/subscriptions/search", search, SubscriptionSearchParams, "query limit page"),
    route("GET", "/v1/subscriptions/{id}", retrieve, SubscriptionRetrieveParams),
    route(
        "POST",
        "/v1/subscriptions/{id}",
        update,
        SubscriptionUpdateParams,
        f"{_SHARED} items.id items.deleted proration_date pause_collection pause_collection.* "
        "cancellation_details.*",
    ),
    route(
        "DELETE",
        "/v1/subscriptions/{id}",
        cancel,
        SubscriptionCancelParams,
        "cancellation_details.*",
    ),
    route("POST", "/v1/subscriptions/{id}/resume", resume, SubscriptionResumeParams),
]
