"""The part of Stripe's search query language the library's users write.

`email:'a@b.c' AND metadata['show']:'42'`, `-active:'true'`, `name~'part'`, `created>123`.
https://docs.stripe.com/search
"""

from __future__ import annotations

import re
from typing import Any

from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.store import Thing

_CLAUSE = re.compile(
    r"""(?P<no>-)?(?P<field>\w+)(?:\[["'](?P<key>[^"']+)["']\])?\s*(?P<how>:|~|>=|<=|>|<)\s*"""
    r"""(?:(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)|(?P<bare>null|\d+))"""
)
_JOIN = re.compile(r"\s+(AND|OR)?\s*", re.IGNORECASE)


def search_page(things: list[Thing], params: dict[str, Any], url: str) -> Thing:
    """A search result object, newest first. Raises StripeError for a query it cannot read."""
    clauses, either = _parse(params["query"])
    combine = any if either else all
    found = [t for t in reversed(things) if combine(_matches(t, clause) for clause in clauses)]
    limit = params.get("limit", 10)
    start = int(params.get("page") or 0)
    more = len(found) > start + limit
    return {
        "object": "search_result",
        "data": public(found[start : start + limit]),
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "url": url,
    }


def _parse(query: str) -> tuple[list[re.Match[str]], bool]:
    clauses: list[re.Match[str]] = []
    joins: set[str] = set()
    position = 0
    while position < len(query):
        clause = _CLAUSE.match(query, position)
        if clause is None:
            raise invalid("We were unable to parse your search query.", "query")
        clauses.append(clause)
        position = clause.end()
        if join := _JOIN.match(query, position):
            joins.add((join[1] or "AND").upper())
            position = join.end()
    if not clauses or len(joins) > 1:
        raise invalid("Search queries take AND or OR, not both.", "query")
    return clauses, "OR" in joins


def _matches(thing: Thing, clause: re.Match[str]) -> bool:
    value = thing.get(clause["field"])
    if clause["key"] is not None:
        value = (value or {}).get(clause["key"])
    return _holds(value, clause) != bool(clause["no"])


def _holds(value: Any, clause: re.Match[str]) -> bool:
    how = clause["how"]
    wanted = clause["bare"] if clause["text"] is None else re.sub(r"\\(.)", r"\1", clause["text"])
    if clause["bare"] == "null":
        return value is None
    if value is None:
        return False
    if how == ":":
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return shown.casefold() == wanted.casefold()
    if how == "~":
        return wanted.casefold() in str(value).casefold()
    number = int(wanted)
    return bool(
        {">": value > number, "<": value < number, ">=": value >= number, "<=": value <= number}[
            how
        ]
    )
