"""Random names for rows that the outside world sees: not guessable, not countable."""

from __future__ import annotations

import base64
import secrets


def new_key() -> str:
    """80 random bits in 16 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()
