"""Disputes: opened by a bank (a test card or the control API), answered here.

https://docs.stripe.com/api/disputes
"""

from __future__ import annotations

from stripe.params import (
    DisputeCloseParams,
    DisputeListParams,
    DisputeRetrieveParams,
    DisputeUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.disputing import close_dispute
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing


def retrieve(call: Call) -> Thing:
    return call.world.store.get("dispute", call.id)


def update(call: Call) -> Thing:
    """Evidence. Stripe's two magic texts decide the dispute, as in its test mode."""
    world, params = call.world, call.params
    dispute = world.store.get("dispute", call.id)
    with changing(world, dispute, "charge.dispute.updated"):
        dispute["metadata"] = merged(dispute["metadata"], params.get("metadata"))
        evidence = params.get("evidence", {})
        if evidence:
            dispute["evidence"] = dispute["evidence"] | evidence
            dispute["evidence_details"] = dispute["evidence_details"] | {"has_evidence": True}
            if params.get("submit", True):
                dispute["status"] = "under_review"
    verdict = dispute["evidence"]["uncategorized_text"]
    if verdict in ("winning_evidence", "losing_evidence"):
        close_dispute(world, dispute, won=verdict == "winning_evidence")
    return dispute


def close(call: Call) -> Thing:
    """Giving in: lost."""
    dispute = call.world.store.get("dispute", call.id)
    if dispute["status"] in ("won", "lost"):
        raise invalid("This dispute is already closed.")
    return close_dispute(call.world, dispute, won=False)


def list_all(call: Call) -> Thing:
    keys = ("charge", "payment_intent")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    return page(call.world.store.all("dispute", **wanted), call.params, "/v1/disputes")


ROUTES = [
    route("GET", "/v1/disputes", list_all, DisputeListParams, f"{PAGING} charge payment_intent"),
    route("GET", "/v1/disputes/{id}", retrieve, DisputeRetrieveParams),
    route(
        "POST",
        "/v1/disputes/{id}",
        update,
        DisputeUpdateParams,
        "metadata metadata.* evidence.* submit",
    ),
    route("POST", "/v1/disputes/{id}/close", close, DisputeCloseParams),
]
