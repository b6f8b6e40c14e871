"""The button beside “deleted” that takes it back: one offer, for the next page only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, cast

from flask import session

_KEY = "studio_undo"
# A cookie holds 4 kB: a page of the list fits, a thousand keys do not.
MOST = 100


class Undo(TypedDict):
    """A form to send: where to, what to do, and the episodes it is about."""

    to: str
    act: str
    keys: list[str]


def offer_undo(to: str, act: str, keys: Sequence[str]) -> None:
    """Let the next page of the studio carry the button, unless it is about too much."""
    if 0 < len(keys) <= MOST:
        session[_KEY] = Undo(to=to, act=act, keys=list(keys))


def undo_offered() -> Undo | None:
    """The offer, taken out: it is shown once."""
    return cast("Undo | None", session.pop(_KEY, None))
