"""Two numbers and a signature as the last part of an address: nothing of it needs to be stored."""

from __future__ import annotations

import base64
import hmac
import struct

_BODY = struct.Struct(">QQ")
_SIGNATURE = 16  # bytes


def write_signed(secret: bytes, purpose: str, first: int, second: int) -> str:
    """52 lower-case letters and digits; what is signed for one purpose is worth nothing for
    another."""
    body = _BODY.pack(first, second)
    return _spell(body + _sign(secret, purpose, body))


def read_signed(secret: bytes, purpose: str, token: str) -> tuple[int, int] | None:
    """The two numbers, or None where we never wrote that."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    # Base32 has several spellings of the same bytes; only ours counts.
    if (
        len(body) != _BODY.size
        or _spell(raw) != token
        or not hmac.compare_digest(signature, _sign(secret, purpose, body))
    ):
        return None
    first, second = _BODY.unpack(body)
    return int(first), int(second)


def _spell(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower().rstrip("=")


def _sign(secret: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.digest(secret, f"{purpose}:".encode() + body, "sha256")[:_SIGNATURE]
