"""Idempotency-Key: the first answer again for the same request, an error for a different one.

https://docs.stripe.com/api/idempotent_requests: kept for 24 hours; a request that failed its
validation leaves no trace, one that began to execute does, whatever came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stripe_stand_in.errors import StripeError
from tests.stripe_stand_in.form import Tree
from tests.stripe_stand_in.store import Thing

_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Remembered:
    method: str
    path: str
    tree: Tree
    status: int
    body: Thing
    at: float


@dataclass(slots=True)
class Memory:
    """Answers by key, per API key."""

    _answers: dict[tuple[str, str], Remembered] = field(default_factory=dict)

    def recall(
        self, api_key: str, key: str, method: str, path: str, tree: Tree, now: float
    ) -> Remembered | None:
        """Raises idempotency_error when the key was used for another request."""
        if len(key) > 255:
            raise StripeError("Idempotency keys may be at most 255 characters.")
        found = self._answers.get((api_key, key))
        if found is None or now - found.at > _KEPT_SECONDS:
            return None
        if (found.method, found.path) != (method, path):
            what = f"endpoint ({found.method} {found.path})"
        elif found.tree != tree:
            what = "parameters"
        else:
            return found
        raise StripeError(
            f"Keys for idempotent requests can only be used with the same {what} they were first "
            f"used with. Try using a key other than '{key}' if you meant to execute a different "
            "request.",
            kind="idempotency_error",
        )

    def remember(self, api_key: str, key: str, answer: Remembered) -> None:
        self._answers[(api_key, key)] = answer
