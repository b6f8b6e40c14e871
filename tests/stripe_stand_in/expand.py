"""`expand[]`: ids replaced by the objects they name, up to four levels deep.

https://docs.stripe.com/api/expanding_objects
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.listing import as_list
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

_DEPTH = 4


def render(world: World, thing: Thing, expand: list[str]) -> Thing:
    """The answer as it travels. Raises StripeError for a path that cannot be expanded."""
    answer: Thing = public(thing)
    for path in expand:
        parts = path.split(".")
        if len(parts) > _DEPTH + (parts[0] == "data"):
            raise invalid(f"You cannot expand more than {_DEPTH} levels of a property", "expand")
        _expand(world, answer, parts, path)
    return answer


def _expand(world: World, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for inner in node:
            _expand(world, inner, parts, path)
        return
    if not isinstance(node, dict):
        return
    if node.get("object") == "list" and parts[0] != "data":
        raise invalid(
            f"This property cannot be expanded ({path}). You may need data.{path}.", "expand"
        )
    key, rest = parts[0], parts[1:]
    included = _INCLUDABLE.get((node.get("object", ""), key))
    if included is not None and not isinstance(node.get(key), dict):
        node[key] = included(world, node)
    elif key not in node:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    else:
        node[key] = _followed(world, key, node[key], path, last=not rest)
    if rest:
        _expand(world, node[key], rest, path)


def _followed(world: World, key: str, value: Any, path: str, *, last: bool) -> Any:
    if isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        return [_followed(world, key, inner, path, last=last) for inner in value]
    if not isinstance(value, str):
        return value
    found = world.store.find("coupon", value) if key == "coupon" else world.store.by_id(value)
    if found is None:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    return public(found)


def _line_items(world: World, session: Thing) -> Thing:
    kept = world.store.get("checkout.session", session["id"])
    return as_list(kept["_line_items"], f"/v1/checkout/sessions/{session['id']}/line_items")


def _subscriptions(world: World, customer: Thing) -> Thing:
    found = [
        s
        for s in world.store.all("subscription", customer=customer["id"])
        if s["status"] not in ("canceled", "incomplete_expired")
    ]
    return as_list(found, f"/v1/customers/{customer['id']}/subscriptions")


def _payments(world: World, invoice: Thing) -> Thing:
    found = world.store.all("invoice_payment", invoice=invoice["id"])
    return as_list(found, f"/v1/invoice_payments?invoice={invoice['id']}")


def _refunds(world: World, charge: Thing) -> Thing:
    found = world.store.all("refund", charge=charge["id"])
    return as_list(found[::-1], f"/v1/charges/{charge['id']}/refunds")


_INCLUDABLE: dict[tuple[str, str], Callable[[World, Thing], Thing]] = {
    ("checkout.session", "line_items"): _line_items,
    ("customer", "subscriptions"): _subscriptions,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
}
