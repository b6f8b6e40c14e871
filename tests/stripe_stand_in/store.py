"""Everything the stand-in knows: objects by kind and id, in the order they were made.

Objects are plain dictionaries in Stripe's shape, references kept as ids. Keys that begin with an
underscore are our own notes and never leave the store.
"""

from __future__ import annotations

import random
import string
from typing import Any

from tests.stripe_stand_in.errors import no_such

Thing = dict[str, Any]

PREFIXES = {
    "balance_transaction": "txn",
    "billing_portal.configuration": "bpc",
    "billing_portal.session": "bps",
    "charge": "ch",
    "checkout.session": "cs_test",
    "coupon": "",
    "customer": "cus",
    "discount": "di",
    "dispute": "du",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "item": "li",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "promotion_code": "promo",
    "refund": "re",
    "setup_intent": "seti",
    "subscription": "sub",
    "subscription_item": "si",
    "test_helpers.test_clock": "clock",
    "webhook_endpoint": "we",
}
_ALPHABET = string.ascii_letters + string.digits


class Store:
    """Not locked: the application holds one lock around each request."""

    def __init__(self) -> None:
        self._things: dict[str, dict[str, Thing]] = {kind: {} for kind in PREFIXES}
        self._random = random.Random()

    def secret(self, length: int = 24) -> str:
        return "".join(self._random.choices(_ALPHABET, k=length))

    def new_id(self, kind: str) -> str:
        prefix = PREFIXES[kind]
        if kind == "coupon":
            return self.secret(8)
        return f"{prefix}_{self.secret(58 if kind == 'checkout.session' else 24)}"

    def add(self, thing: Thing) -> Thing:
        """Keep a new object under its own `object` and `id`."""
        self._things[thing["object"]][thing["id"]] = thing
        return thing

    def find(self, kind: str, wanted: str | None) -> Thing | None:
        return self._things[kind].get(wanted) if wanted else None

    def get(self, kind: str, wanted: str, param: str | None = "id") -> Thing:
        """Raises resource_missing (404 for the id in the path, 400 for one in a parameter)."""
        found = self.find(kind, wanted)
        if found is None:
            raise no_such(kind.rpartition(".")[2], wanted, param)
        return found

    def by_id(self, wanted: str) -> Thing | None:
        """The object an id's prefix points at, whatever its kind."""
        for kind, prefix in PREFIXES.items():
            if prefix and wanted.startswith(prefix + "_"):
                found = self.find(kind, wanted)
                if found is not None:
                    return found
        return None

    def all(self, kind: str, **equal: Any) -> list[Thing]:
        """Oldest first; `customer="cus_…"` and the like narrow it down."""
        return [
            thing
            for thing in self._things[kind].values()
            if all(thing.get(key) == value for key, value in equal.items())
        ]

    def forget(self, thing: Thing) -> None:
        del self._things[thing["object"]][thing["id"]]
