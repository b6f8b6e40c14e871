"""Conditional requests and content coding (RFC 9110 §12.5.3, §13), as pure functions."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Coding = Literal["gzip", "identity", "none"]


@lru_cache(maxsize=1024)
def choose_coding(accept_encoding: str) -> Coding:
    """gzip where the client takes it at least as gladly as identity, else identity.

    "none" when the client refuses both (`identity;q=0` without gzip): the caller then sends
    identity all the same, as RFC 9110 §12.5.3 allows, rather than 406 to a podcast app.
    """
    if not accept_encoding.strip():
        return "identity"
    weights = _weights(accept_encoding)
    anything = weights.get("*")
    gzip = max(weights.get("gzip", -1.0), weights.get("x-gzip", -1.0))
    if gzip < 0:
        gzip = anything if anything is not None else 0.0
    identity = weights.get("identity")
    if identity is None:
        # Unlisted, identity is acceptable but least wanted, unless "*;q=0" rules it out.
        identity = 0.0 if anything == 0 else -1.0
    if gzip > 0 and gzip >= identity:
        return "gzip"
    return "none" if identity == 0 else "identity"


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _weight(parameter[2:])
        if name:
            weights[name] = weight
    return weights


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def matches(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names this ETag, by weak comparison (RFC 9110 §13.1.2)."""
    if if_none_match == etag:
        return True
    if not if_none_match:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(
        candidate.strip().removeprefix("W/") == etag for candidate in if_none_match.split(",")
    )
