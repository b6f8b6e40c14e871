"""Metadata: merged on update, a key unset by an empty value, all of it by an empty string.

Limits from https://docs.stripe.com/api/metadata: 50 keys, names of 40, values of 500 characters.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.store import Thing


def merged(before: Mapping[str, str] | None, change: Mapping[str, str] | str | None) -> Thing:
    """The metadata after a request. Raises StripeError beyond Stripe's limits."""
    if isinstance(change, str):
        return {}
    after: Thing = dict(before or {})
    for key, value in (change or {}).items():
        _check(key, value)
        if value == "":
            after.pop(key, None)
        else:
            after[key] = value
    if len(after) > 50:
        raise invalid("Metadata can have at most 50 keys.", "metadata")
    return after


def _check(key: str, value: str) -> None:
    if len(key) > 40:
        raise invalid(f"Metadata keys must be at most 40 characters long, got '{key}'.", "metadata")
    if len(value) > 500:
        raise invalid(
            f"Metadata values can have up to 500 characters, '{key}' has {len(value)}.",
            f"metadata[{key}]",
        )
