"""A short-lived address that opens one feed's add page on another device, without signing in.

It is signed, not stored: feed id, expiry and a signature. It dies with the feed it is for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from podcast_server.accounts.signed_numbers import read_signed, write_signed

HAND_OVER_SECRET = b"podcast-server.hand-over"
QR_LIFE = timedelta(minutes=15)
MAIL_LIFE = timedelta(days=1)
_PURPOSE = "hand-over"


def make_hand_over(secret: bytes, feed_id: int, expires_at: datetime) -> str:
    """The last part of the address."""
    return write_signed(secret, _PURPOSE, feed_id, int(expires_at.timestamp()))


def read_hand_over(secret: bytes, token: str, now: datetime) -> int | None:
    """The feed id, or None when the address is not ours or too old."""
    found = read_signed(secret, _PURPOSE, token)
    if found is None:
        return None
    feed_id, expires = found
    return feed_id if datetime.fromtimestamp(expires, UTC) > now else None
