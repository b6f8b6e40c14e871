"""Events, kept for thirty days by Stripe and for ever here. https://docs.stripe.com/api/events"""

from __future__ import annotations

import fnmatch

from stripe.params import EventListParams, EventRetrieveParams

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.store import Thing


def retrieve(call: Call) -> Thing:
    return call.world.store.get("event", call.id)


def list_all(call: Call) -> Thing:
    """`type` may end in an asterisk (`charge.*`); `types` lists up to twenty."""
    if "type" in call.params and "types" in call.params:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    things = call.world.store.all("event")
    wanted = call.params.get("types") or [call.params.get("type", "*")]
    things = [e for e in things if any(fnmatch.fnmatch(e["type"], w) for w in wanted)]
    if call.params.get("delivery_success") is not None:
        delivered = call.params["delivery_success"]
        things = [e for e in things if (e["pending_webhooks"] == 0) == delivered]
    return page(things, call.params, "/v1/events")


ROUTES = [
    route(
        "GET",
        "/v1/events",
        list_all,
        EventListParams,
        f"{PAGING} type types delivery_success",
    ),
    route("GET", "/v1/events/{id}", retrieve, EventRetrieveParams),
]
