"""Everything the stand-in knows: objects by kind and id, in the order they were made.

Objects are plain dictionaries in Stripe's shape, references kept as ids. Keys that begin with an
underscore are our own notes and never leave the store.
"""

from __future__ import annotations

import copy
import random
import string
from collections import defaultdict
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
# Questions asked so often that reading everything would be slow. These fields never change,
# except a session's or intent's customer, which is why only `born_with` uses theirs.
_INDEXED = {
    "checkout.session": "customer",
    "invoice": "customer",
    "invoice_payment": "invoice",
    "payment_intent": "customer",
    "subscription": "customer",
}
_FIXED = frozenset({"invoice", "invoice_payment", "subscription"})
_ALPHABET = string.ascii_letters + string.digits


class Store:
    """Not locked: the application holds one lock around each request.

    Between `watch` and `keep` or `undo` it notes what is read, added and forgotten, so that a
    refused request leaves nothing behind.
    """

    def __init__(self) -> None:
        self._things: dict[str, dict[str, Thing]] = {kind: {} for kind in PREFIXES}
        self._index: dict[tuple[str, str | None], dict[str, Thing]] = defaultdict(dict)
        self._random = random.Random()
        self._seen: dict[int, tuple[Thing, Thing]] | None = None
        self._moves: list[tuple[str, str, Thing | None]] = []

    def secret(self, length: int = 24) -> str:
        return "".join(self._random.choices(_ALPHABET, k=length))

    def new_id(self, kind: str) -> str:
        prefix = PREFIXES[kind]
        if kind == "coupon":
            return self.secret(8)
        return f"{prefix}_{self.secret(58 if kind == 'checkout.session' else 24)}"

    def add(self, thing: Thing) -> Thing:
        """Keep a new object under its own `object` and `id`."""
        kind, key = thing["object"], thing["id"]
        if self._seen is not None:
            self._moves.append((kind, key, self._things[kind].get(key)))
        self._things[kind][key] = thing
        if kind in _INDEXED:
            self._index[kind, thing[_INDEXED[kind]]][key] = thing
        return thing

    def find(self, kind: str, wanted: str | None) -> Thing | None:
        found = self._things[kind].get(wanted) if wanted else None
        if found is not None and self._seen is not None and id(found) not in self._seen:
            self._seen[id(found)] = (found, copy.deepcopy(found))
        return found

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
        things = self._things[kind]
        if kind in _FIXED and _INDEXED[kind] in equal:
            things = self._index[kind, equal[_INDEXED[kind]]]
        return [
            thing
            for thing in things.values()
            if all(thing.get(key) == value for key, value in equal.items())
        ]

    def born_with(self, kind: str, customer: str | None) -> list[Thing]:
        """Objects that belonged to the customer (or to nobody) when they were made."""
        return list(self._index[kind, customer].values())

    def forget(self, thing: Thing) -> None:
        kind, key = thing["object"], thing["id"]
        if self._seen is not None:
            self._moves.append((kind, key, thing))
        del self._things[kind][key]
        if kind in _INDEXED:
            self._index[kind, thing[_INDEXED[kind]]].pop(key, None)

    def watch(self) -> None:
        """Begin to note changes."""
        self._seen = {}
        self._moves.clear()

    def keep(self) -> None:
        """Stop noting; what happened, happened."""
        self._seen = None
        self._moves.clear()

    def undo(self) -> None:
        """Stop noting, and put back what was read, added and forgotten since `watch`."""
        moves, seen = self._moves[::-1], self._seen or {}
        self._seen = None
        for kind, key, before in moves:
            present = self._things[kind].get(key)
            if present is not None:
                self.forget(present)
            if before is not None:
                self.add(before)
        for thing, before in seen.values():
            thing.clear()
            thing.update(before)
        self._moves.clear()
