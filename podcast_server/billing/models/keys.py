"""Random names for rows that the outside world sees: not guessable, not countable."""

from __future__ import annotations

import base64
import secrets


def is_key(text: str) -> bool:
    """Whether text from outside can be one of ours; anything else need not be looked for."""
    return len(text) == 16 and text.isascii() and text.isalnum()


def new_key() -> str:
    """80 random bits in 16 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()
