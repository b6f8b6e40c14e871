"""Stripe's nested form encoding (`a[b][0]=c`, `a[]=c`) read into dictionaries.

Lists stay dictionaries with "0", "1"… as keys: only the parameter's type can tell a list from a
map whose keys happen to be numbers (metadata), so `params` makes that decision.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from tests.stripe_stand_in.errors import invalid

Tree = dict[str, Any]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def parse_form(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Raises StripeError(400) when keys contradict each other, as in `a=1&a[b]=2`."""
    tree: Tree = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if match is None:
            raise invalid(f"Invalid request (check unexpected characters in '{key}').", param=key)
        path = [match[1], *_PART.findall(match[2])]
        _put(tree, path, value, key)
    return tree


def _put(tree: Tree, path: list[str], value: str, key: str) -> None:
    node = tree
    for part, following in itertools.pairwise(path):
        part = part or _open_slot(node, following)
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid parameter: '{key}' is both a value and a hash.", param=key)
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise invalid(f"Invalid parameter: '{key}' is both a value and a hash.", param=key)
    node[last] = value


def _open_slot(node: Tree, following: str) -> str:
    """`items[][price]=…`: the same element until a key repeats, then the next one."""
    newest = str(len(node) - 1)
    element = node.get(newest)
    return newest if isinstance(element, dict) and following not in element else str(len(node))
