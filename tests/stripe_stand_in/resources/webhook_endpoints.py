"""Webhook endpoints; the secret is told once, when made.

https://docs.stripe.com/api/webhook_endpoints
"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.session_new import check_url
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def new_endpoint(world: World, params: dict[str, Any]) -> Thing:
    """An enabled endpoint; its secret is `_secret`, which no later answer shows."""
    check_url(params["url"], "url")
    return world.new(
        "webhook_endpoint",
        {
            "api_version": params.get("api_version"),
            "application": None,
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "metadata": merged(None, params.get("metadata")),
            "status": "enabled",
            "url": params["url"],
            "_secret": f"whsec_{world.store.secret(32)}",
        },
    )


def create(call: Call) -> Thing:
    endpoint = new_endpoint(call.world, call.params)
    return endpoint | {"secret": endpoint["_secret"]}


def retrieve(call: Call) -> Thing:
    return call.world.store.get("webhook_endpoint", call.id)


def update(call: Call) -> Thing:
    endpoint = call.world.store.get("webhook_endpoint", call.id)
    if "url" in call.params:
        endpoint["url"] = check_url(call.params["url"], "url")
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    if "enabled_events" in call.params:
        endpoint["enabled_events"] = call.params["enabled_events"]
    if "description" in call.params:
        endpoint["description"] = call.params["description"] or None
    if "metadata" in call.params:
        endpoint["metadata"] = merged(endpoint["metadata"], call.params["metadata"])
    return endpoint


def delete(call: Call) -> Thing:
    endpoint = call.world.store.get("webhook_endpoint", call.id)
    call.world.store.forget(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def list_all(call: Call) -> Thing:
    things = call.world.store.all("webhook_endpoint")
    return page(things, call.params, "/v1/webhook_endpoints")


_FIELDS = "url enabled_events description metadata metadata.*"
ROUTES = [
    route(
        "POST",
        "/v1/webhook_endpoints",
        create,
        WebhookEndpointCreateParams,
        f"{_FIELDS} api_version",
    ),
    route("GET", "/v1/webhook_endpoints", list_all, WebhookEndpointListParams, PAGING),
    route("GET", "/v1/webhook_endpoints/{id}", retrieve, WebhookEndpointRetrieveParams),
    route(
        "POST",
        "/v1/webhook_endpoints/{id}",
        update,
        WebhookEndpointUpdateParams,
        f"{_FIELDS} disabled",
    ),
    route("DELETE", "/v1/webhook_endpoints/{id}", delete, WebhookEndpointDeleteParams),
]
