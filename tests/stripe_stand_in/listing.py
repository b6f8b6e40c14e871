"""Lists: newest first, `limit`, `starting_after`, `ending_before`, `created[gte]`, has_more.

https://docs.stripe.com/api/pagination
"""

from __future__ import annotations

from typing import Any

from tests.stripe_stand_in.errors import invalid, no_such
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.store import Thing

PAGING = "limit starting_after ending_before created created.gt created.gte created.lt created.lte"


def as_list(things: list[Thing], url: str, *, has_more: bool = False) -> Thing:
    """Stripe's list object around what is given."""
    return {"object": "list", "data": public(things), "has_more": has_more, "url": url}


def page(things: list[Thing], params: dict[str, Any], url: str) -> Thing:
    """One page of `things` (given oldest first), newest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Limit must be between 1 and 100", "limit", "parameter_invalid_integer")
    newest = [t for t in reversed(things) if _created_matches(t, params.get("created"))]
    before, after = params.get("ending_before"), params.get("starting_after")
    if before is not None:
        start = _position(things, newest, before, "ending_before")
        rest = newest[:start]
        return as_list(rest[-limit:], url, has_more=len(rest) > limit)
    start = 0 if after is None else _position(things, newest, after, "starting_after") + 1
    rest = newest[start:]
    return as_list(rest[:limit], url, has_more=len(rest) > limit)


def _position(things: list[Thing], newest: list[Thing], wanted: str, param: str) -> int:
    """Where `wanted` stands; an object the filter no longer matches has no place to go on from."""
    for index, thing in enumerate(newest):
        if thing["id"] == wanted:
            return index
    raise no_such(things[0]["object"] if things else "object", wanted, param)


_COMPARE = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _created_matches(thing: Thing, wanted: Any) -> bool:
    created = thing.get("created", 0)
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(created == wanted)
    return all(_COMPARE[name](created, value) for name, value in wanted.items())
