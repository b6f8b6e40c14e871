"""Requests checked against the library's own generated parameter types.

`stripe.params.*` describes what each endpoint takes as TypedDicts. They are rebuilt here without
the request options they inherit, with unknown keys forbidden at every level, enums closed and
booleans, integers and lists read the way they travel in a form; pydantic does the checking.
"""

from __future__ import annotations

import functools
import sys
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Union

import typing_extensions as te
from pydantic import BeforeValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from tests.stripe_stand_in.errors import StripeError, invalid, missing, not_modelled
from tests.stripe_stand_in.form import Tree

_OPTIONS = frozenset(RequestOptions.__annotations__)


def read(params_type: type | None, tree: Tree) -> dict[str, Any]:
    """The typed parameters. Raises StripeError as Stripe would: unknown, missing, invalid…"""
    if params_type is None:
        if tree:
            raise _unknown(next(iter(tree)))
        return {}
    try:
        read_params: dict[str, Any] = _adapter(params_type).validate_python(tree)
    except ValidationError as error:
        raise _as_stripe_error(error, tree) from None
    return read_params


def refuse_unmodelled(params: Mapping[str, Any], modelled: frozenset[str]) -> None:
    """Raises for a parameter Stripe takes but the stand-in does not act on.

    `modelled` holds dotted paths without list positions; `metadata.*` takes everything below.
    """
    for path in _leaves(params, ""):
        parts = path.split(".")
        starred = {".".join([*parts[:n], "*"]) for n in range(1, len(parts) + 1)}
        if path not in modelled and not starred & modelled and parts[0] != "expand":
            raise not_modelled(path)


def _leaves(value: Any, path: str) -> typing.Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, path)
    elif path:
        yield path


@functools.cache
def _adapter(params_type: type) -> TypeAdapter[Any]:
    return TypeAdapter(_closed(params_type))


@functools.cache
def _closed(typed_dict: type) -> Any:
    """The TypedDict again, in a form that refuses what Stripe refuses."""
    module = vars(sys.modules[typed_dict.__module__])
    fields = {
        name: _strict(_resolve(hint, module), module)
        for name, hint in typed_dict.__annotations__.items()
        if not (name in _OPTIONS and issubclass_of_options(typed_dict))
    }
    closed = te.TypedDict(typed_dict.__name__, fields)  # type: ignore[misc]
    closed.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return closed


def issubclass_of_options(typed_dict: type) -> bool:
    """Create parameters carry api_key, headers… of the module-level call style: never on the wire."""
    return RequestOptions in getattr(typed_dict, "__orig_bases__", ())


def _resolve(hint: Any, module: dict[str, Any]) -> Any:
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    return eval(hint, module) if isinstance(hint, str) else hint


def _strict(hint: Any, module: dict[str, Any]) -> Any:
    hint = _resolve(hint, module)
    origin, args = te.get_origin(hint), te.get_args(hint)
    if origin in (te.NotRequired, te.Required):
        return origin[_strict(args[0], module)]
    if origin in (Union, types.UnionType):
        return _strict_union(_flat(args, module), module)
    if origin is list:
        return Annotated[list[_strict(args[0], module)], BeforeValidator(_to_list)]  # type: ignore[misc]
    if te.is_typeddict(hint):
        return _closed(hint)
    return _SCALARS.get(hint, hint)


def _flat(args: tuple[Any, ...], module: dict[str, Any]) -> list[Any]:
    members = []
    for arg in args:
        arg = _resolve(arg, module)
        nested = te.get_origin(arg) in (Union, types.UnionType)
        members += _flat(te.get_args(arg), module) if nested else [arg]
    return members


def _strict_union(members: list[Any], module: dict[str, Any]) -> Any:
    """`Literal['a', 'b'] | str` is how the library keeps enums open: close them."""
    named = [m for m in members if te.get_origin(m) is Literal and te.get_args(m) != ("",)]
    kept = [
        m
        for m in members
        if te.get_origin(m) is not UntypedStripeObject and not (named and m is str)
    ]
    return Union[tuple(_strict(m, module) for m in kept)]  # noqa: UP007 - built at run time


def _to_list(value: Any) -> Any:
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    if isinstance(value, list):
        return value
    raise ValueError("Invalid array")


def _to_bool(value: Any) -> Any:
    if value in ("true", "false", True, False):
        return value in ("true", True)
    raise ValueError("Invalid boolean")


def _to_int(value: Any) -> Any:
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        raise ValueError("Invalid integer")
    return value


_SCALARS: dict[Any, Any] = {
    bool: Annotated[bool, BeforeValidator(_to_bool)],
    int: Annotated[int, BeforeValidator(_to_int)],
    str: Annotated[str, StringConstraints(min_length=1, max_length=5000)],
    Decimal: Decimal,
}


def _unknown(param: str) -> StripeError:
    return invalid(f"Received unknown parameter: {param}", param, "parameter_unknown")


_ORDER = {"extra_forbidden": 0, "missing": 1, "string_too_short": 2, "literal_error": 9}


def _as_stripe_error(error: ValidationError, tree: Tree) -> StripeError:
    """The first complaint a person would want; branches of a union all complain at once."""
    first = min(error.errors(), key=lambda e: (_ORDER.get(e["type"], 5), -len(e["loc"])))
    keys = _path_in(tree, first["loc"], with_last=first["type"] == "missing")
    param = keys[0] + "".join(f"[{key}]" for key in keys[1:]) if keys else None
    given = first.get("input")
    match first["type"]:
        case "extra_forbidden":
            return _unknown(str(param))
        case "missing":
            return missing(str(param))
        case "string_too_short":
            return invalid(
                f"You passed an empty string for '{param}'. We assume empty values are an attempt "
                f"to unset a parameter; however '{param}' cannot be unset.",
                param,
                "parameter_invalid_empty",
            )
        case "string_too_long":
            return invalid(f"Invalid {param}: too long.", param, "parameter_invalid_string")
        case "literal_error":
            wanted = first.get("ctx", {}).get("expected", "")
            return invalid(f"Invalid {param}: must be one of {wanted}", param)
    if "integer" in first["msg"]:
        return invalid(f"Invalid integer: {given}", param, "parameter_invalid_integer")
    return invalid(f"Invalid {param}: {first['msg']}", param)


def _path_in(tree: Any, loc: tuple[int | str, ...], *, with_last: bool) -> list[str]:
    """`loc` names union branches too; only the parts that lead somewhere are the path."""
    keys: list[str] = []
    for part in loc:
        if isinstance(tree, dict) and str(part) in tree:
            keys.append(str(part))
            tree = tree[str(part)]
    return [*keys, str(loc[-1])] if with_last else keys
