"""Objects compared with the library's own classes: no key it does not know, none it requires
missing."""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

import stripe
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject


def check_shape(value: Any, where: str = "") -> list[str]:
    """Complaints about an object and everything inside it; empty when the shape is right."""
    if isinstance(value, list):
        return [c for n, inner in enumerate(value) for c in check_shape(inner, f"{where}[{n}]")]
    if not isinstance(value, dict):
        return []
    name = value.get("object")
    if isinstance(name, str) and name != "list" and "deleted" not in value:
        return _check(value, get_object_class("V1", name), where or name)
    return [c for k, inner in value.items() for c in check_shape(inner, f"{where}.{k}")]


def _check(value: dict[str, Any], cls: type, where: str) -> list[str]:
    hints = _hints(cls)
    if not hints:
        return []
    complaints = [
        f"{where}.{key} is unknown to {cls.__qualname__}" for key in value if key not in hints
    ]
    complaints += [
        f"{where}.{key} is missing"
        for key, hint in hints.items()
        if key not in value and not _optional(hint)
    ]
    for key, inner in value.items():
        if key not in hints:
            continue
        if inner is None and not _optional(hints[key]):
            complaints.append(f"{where}.{key} is null")
        complaints += _inner(inner, hints[key], f"{where}.{key}")
    return complaints


def _inner(value: Any, hint: Any, where: str) -> list[str]:
    if isinstance(value, list):
        return [c for n, inner in enumerate(value) for c in _inner(inner, hint, f"{where}[{n}]")]
    if isinstance(value, dict) and "object" not in value:
        nested = _nested_class(hint)
        return [] if nested is None else _check(value, nested, where)
    return check_shape(value, where)


def _hints(cls: type) -> dict[str, Any]:
    module = vars(sys.modules[cls.__module__])
    names = {**vars(typing), **vars(stripe), **module}
    found = {}
    for key, hint in vars(cls).get("__annotations__", {}).items():
        if typing.get_origin(hint) is not typing.ClassVar:
            found[key] = _evaluate(hint, names)
    return found


def _evaluate(hint: Any, names: dict[str, Any]) -> Any:
    try:
        return eval(hint, names) if isinstance(hint, str) else hint
    except NameError:
        return Any


def _optional(hint: Any) -> bool:
    return hint is Any or type(None) in typing.get_args(hint)


def _nested_class(hint: Any) -> type | None:
    """The inner class of `Optional[X]` or `List[X]`; None for maps and forward references."""
    if (
        isinstance(hint, type)
        and issubclass(hint, StripeObject)
        and typing.get_origin(hint) is None
    ):
        return hint
    if typing.get_origin(hint) in (typing.Union, types.UnionType, list):
        found = [n for arg in typing.get_args(hint) if (n := _nested_class(arg))]
        return found[0] if len(found) == 1 else None
    return None
