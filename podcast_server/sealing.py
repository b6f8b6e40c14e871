"""Small secrets that must be used again and so cannot be kept as a hash: sealed at rest."""

from __future__ import annotations

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken

from feeds.tokens import Tokens

PURPOSE = b"addresses of feeds that are imported"


class KeyVault:
    """Seals with a key derived from the signing keys, which no backup or database has.

    What was sealed for one purpose is not opened for another.
    """

    def __init__(self, tokens: Tokens, purpose: bytes = PURPOSE) -> None:
        self._key = tokens.derive(purpose)
        self._fernet = Fernet(base64.urlsafe_b64encode(self._key))

    def seal(self, text: str) -> str:
        """Text that only this installation can open."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises ValueError when other keys sealed it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError("sealed with other keys") from error

    def fingerprint(self, text: str) -> str:
        """The same for the same text, and telling nothing of it without the keys."""
        return hmac.digest(self._key, text.encode(), "sha256").hex()
