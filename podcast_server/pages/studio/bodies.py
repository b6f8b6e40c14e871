"""How much a request may send: little, unless its view is marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

V = TypeVar("V", bound=Callable[..., object])
_MARK = "studio_takes"


def takes_up_to(limit: int) -> Callable[[V], V]:
    """Let a view's request be up to ``limit`` bytes long."""

    def mark(view: V) -> V:
        setattr(view, _MARK, limit)
        return view

    return mark


def widen(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A URL value preprocessor, because it runs before anything reads the form."""
    view = current_app.view_functions.get(request.endpoint or "")
    limit: int | None = getattr(view, _MARK, None)
    if limit is not None:
        request.max_content_length = limit
