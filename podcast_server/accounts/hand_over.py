"""A short-lived address that opens one feed's add page on another device, without signing in.

It is signed, not stored: feed id, expiry and a signature. It dies with the feed it is for.
"""

from __future__ import annotations

import base64
import hmac
import struct
from datetime import UTC, datetime, timedelta

HAND_OVER_SECRET = b"podcast-server.hand-over"
QR_LIFE = timedelta(minutes=15)
MAIL_LIFE = timedelta(days=1)
_BODY = struct.Struct(">QQ")
_SIGNATURE = 16  # bytes


def make_hand_over(secret: bytes, feed_id: int, expires_at: datetime) -> str:
    """The last part of the address: 52 lower-case letters and digits."""
    body = _BODY.pack(feed_id, int(expires_at.timestamp()))
    return _write(body + _sign(secret, body))


def read_hand_over(secret: bytes, token: str, now: datetime) -> int | None:
    """The feed id, or None when the address is not ours or too old."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    # Base32 has several spellings of the same bytes; only ours counts.
    if (
        len(body) != _BODY.size
        or _write(raw) != token
        or not hmac.compare_digest(signature, _sign(secret, body))
    ):
        return None
    feed_id, expires = _BODY.unpack(body)
    return int(feed_id) if datetime.fromtimestamp(expires, UTC) > now else None


def _write(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower().rstrip("=")


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"hand-over:" + body, "sha256")[:_SIGNATURE]
