"""Everything that can go wrong while audio goes out, as one family."""

from __future__ import annotations


class FeedError(Exception):
    """Base of the family. ``str(error)`` is a sentence a person can act on."""


class UnknownSigningKey(FeedError):
    """A feed was minted with a signing key that is no longer in the key file."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"signing key {key_id} is missing: put it back into the key file, "
            "or reset the feeds that were made with it"
        )
        self.key_id = key_id
