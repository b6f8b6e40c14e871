"""Events: what happened, with the object as it was then. Webhooks are events on their way."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import API_VERSION, World


def public(value: Any) -> Any:
    """A deep copy without our own underscored notes."""
    if isinstance(value, dict):
        return {k: public(v) for k, v in value.items() if not k.startswith("_")}
    if isinstance(value, list):
        return [public(inner) for inner in value]
    return value


def emit(world: World, kind: str, thing: Thing, previous: Thing | None = None) -> Thing:
    """Record `kind` and hand it to every webhook endpoint that asked for it."""
    data: Thing = {"object": public(thing)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = world.new(
        "event",
        {
            "api_version": API_VERSION,
            "data": data,
            "pending_webhooks": 0,
            "request": {"id": world.request_id, "idempotency_key": world.idempotency_key},
            "type": kind,
        },
        customer=_customer_of(thing),
    )
    world.tell(event)
    return event


def _customer_of(thing: Thing) -> str | None:
    customer = thing["id"] if thing["object"] == "customer" else thing.get("customer")
    return customer if isinstance(customer, str) else None


@contextmanager
def changing(world: World, thing: Thing, kind: str) -> Iterator[None]:
    """Emit `kind` with the previous attributes if the block changed anything to be seen."""
    before = copy.deepcopy(public(thing))
    yield
    previous = difference(before, public(thing))
    if previous:
        emit(world, kind, thing, previous)


def difference(before: Thing, after: Thing) -> Thing:
    """The old values of what changed; nested objects hold only their own changes, lists all."""
    changed: Thing = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        both = isinstance(old, dict) and isinstance(new, dict)
        changed[key] = difference(old, new) if both else old  # type: ignore[arg-type]
    return changed
