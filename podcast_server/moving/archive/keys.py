"""The signing keys in an archive: with them every feed keeps its address."""

from __future__ import annotations

from sqlalchemy import Connection, update

from feeds.errors import FeedError
from feeds.models import PrivateFeed
from feeds.tokens import KeyRing, Tokens
from podcast_server.moving.archive.layout import KEYS
from podcast_server.moving.archive.reading import read_json
from podcast_server.moving.archive.source import Source
from podcast_server.moving.errors import ArchiveError


def read_keys(source: Source) -> KeyRing | None:
    """The keys that came along; None where they did not. Raises ArchiveError."""
    if KEYS not in source.sizes():
        return None
    plain = read_json(source, KEYS)
    try:
        return KeyRing.read(plain)
    except (KeyError, TypeError, ValueError, AttributeError, FeedError) as error:
        raise ArchiveError(f"{KEYS} holds no signing keys") from error


def sign_with_known(connection: Connection, tokens: Tokens) -> int:
    """Let feeds whose key is not known here be signed by the newest; how many there were.

    Those get new addresses.
    """
    known = [key.id for key in tokens.keys]
    changed = connection.execute(
        update(PrivateFeed)
        .where(PrivateFeed.signing_key.not_in(known))
        .values(signing_key=tokens.newest)
    )
    return changed.rowcount
