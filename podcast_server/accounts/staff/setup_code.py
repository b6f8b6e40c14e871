"""The code that guards the first-run page, and with it the whole server.

It is derived from the signing keys, so every process knows it without storing it, and it
opens nothing once there is an owner.
"""

from __future__ import annotations

import base64
import hmac

from feeds.tokens import Tokens

_GROUP = 4


def setup_code(tokens: Tokens) -> str:
    """Twenty letters and digits (100 bits) in groups of four."""
    raw = tokens.derive(b"podcast-server.set-up")
    text = base64.b32encode(raw).decode().lower()[: 5 * _GROUP]
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def is_setup_code(tokens: Tokens, given: str) -> bool:
    """Whether somebody read the log. Case, spaces and hyphens do not matter."""

    def bare(text: str) -> bytes:
        return "".join(char for char in text.lower() if char.isalnum()).encode()

    return hmac.compare_digest(bare(setup_code(tokens)), bare(given))
