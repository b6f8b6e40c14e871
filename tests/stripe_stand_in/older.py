"""Requests that name no API version, put into the words of ours.

Stripe answers them with the account's default version, which is usually an older one; its CLI
relies on that. The library always names its version and gets no such help.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.stripe_stand_in.form import Tree


def modernize(path: str, tree: Tree) -> Tree:
    """The same request with parameters that were renamed since under their present names."""
    for ending, rename in _RENAMES.items():
        if path.endswith(ending):
            tree = rename(dict(tree))
    return tree


def _method_types(tree: Tree) -> Tree:
    if "payment_method_types" in tree:
        tree["allowed_payment_method_types"] = tree.pop("payment_method_types")
    return tree


def _coupon(tree: Tree) -> Tree:
    if "coupon" in tree:
        tree["promotion"] = {"type": "coupon", "coupon": tree.pop("coupon")}
    return tree


_RENAMES: dict[str, Callable[[Tree], Tree]] = {
    "/v1/checkout/sessions": _method_types,
    "/v1/payment_intents": _method_types,
    "/v1/setup_intents": _method_types,
    "/v1/promotion_codes": _coupon,
}
