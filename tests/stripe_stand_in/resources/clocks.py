"""Test clocks: time for the customers made on them.

https://docs.stripe.com/api/test_clocks. Advancing is done when the answer arrives, though it says
`advancing` as Stripe's does; the next look says `ready`.
"""

from __future__ import annotations

from stripe.params.test_helpers import (
    TestClockAdvanceParams,
    TestClockCreateParams,
    TestClockDeleteParams,
    TestClockListParams,
    TestClockRetrieveParams,
)

from tests.stripe_stand_in import clock
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.lifecycle import cancel_now
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY

_KIND = "test_helpers.test_clock"


def create(call: Call) -> Thing:
    world = call.world
    made = world.new(
        _KIND,
        {
            "deletes_after": world.now() + 30 * DAY,
            "frozen_time": call.params["frozen_time"],
            "name": call.params.get("name"),
            "status": "ready",
            "status_details": {},
        },
    )
    emit(world, f"{_KIND}.created", made)
    return made


def retrieve(call: Call) -> Thing:
    return call.world.store.get(_KIND, call.id)


def advance(call: Call) -> Thing:
    found = call.world.store.get(_KIND, call.id)
    target = call.params["frozen_time"]
    if target <= found["frozen_time"]:
        raise invalid("A test clock can only move forward.", "frozen_time")
    clock.advance_test_clock(call.world, found, target)
    return found | {"status": "advancing"}


def delete(call: Call) -> Thing:
    """The customers on it go with it."""
    found = call.world.store.get(_KIND, call.id)
    for customer in call.world.store.all("customer", test_clock=found["id"]):
        for subscription in call.world.store.all("subscription", customer=customer["id"]):
            cancel_now(call.world, subscription)
        call.world.store.forget(customer)
    emit(call.world, f"{_KIND}.deleted", found)
    call.world.store.forget(found)
    return {"id": found["id"], "object": _KIND, "deleted": True}


def list_all(call: Call) -> Thing:
    return page(call.world.store.all(_KIND), call.params, "/v1/test_helpers/test_clocks")


_PATH = "/v1/test_helpers/test_clocks"
ROUTES = [
    route("POST", _PATH, create, TestClockCreateParams, "frozen_time name"),
    route("GET", _PATH, list_all, TestClockListParams, PAGING),
    route("GET", f"{_PATH}/{{id}}", retrieve, TestClockRetrieveParams),
    route("POST", f"{_PATH}/{{id}}/advance", advance, TestClockAdvanceParams, "frozen_time"),
    route("DELETE", f"{_PATH}/{{id}}", delete, TestClockDeleteParams),
]
