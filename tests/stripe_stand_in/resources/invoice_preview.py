"""What a change would cost, without making it.

https://docs.stripe.com/api/invoices/create_preview. The change is really made and then undone, so
that a preview and the invoice it foretells are computed by the same functions.
"""

from __future__ import annotations

from typing import Any

from stripe.params import InvoiceCreatePreviewParams

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.changing_plans import Change, change_items, change_trial_end
from tests.stripe_stand_in.engine.preview import preview
from tests.stripe_stand_in.errors import missing
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def create_preview(call: Call) -> Thing:
    """The invoice the change would bring now, or else the next renewal's."""
    world, params = call.world, call.params
    if "subscription" not in params:
        raise missing("subscription")
    subscription = world.store.get("subscription", params["subscription"], "subscription")
    before = subscription["latest_invoice"]
    _change(world, subscription, params.get("subscription_details", {}))
    latest = subscription["latest_invoice"]
    if latest != before:
        foretold: Thing = public(world.store.get("invoice", latest))
    else:
        foretold = public(preview(world, subscription))
    world.undo_request()
    return foretold | {
        "id": f"upcoming_{world.store.new_id('invoice')}",
        "amount_paid": 0,
        "number": None,
        "status": "draft",
    }


def _change(world: World, subscription: Thing, details: dict[str, Any]) -> None:
    how = Change(
        proration=details.get("proration_behavior", "create_prorations"),
        at=details.get("proration_date"),
    )
    if "items" in details:
        change_items(world, subscription, details["items"], how)
    if "trial_end" in details:
        change_trial_end(world, subscription, details["trial_end"], how)


ROUTES = [
    route(
        "POST",
        "/v1/invoices/create_preview",
        create_preview,
        InvoiceCreatePreviewParams,
        "customer subscription subscription_details.items.id subscription_details.items.price "
        "subscription_details.items.quantity subscription_details.items.deleted "
        "subscription_details.proration_behavior subscription_details.proration_date "
        "subscription_details.trial_end",
    ),
]
