"""Pictures of persons and chapters: an address on the web, or one that we keep.

A row's ``img`` is either an https address or the key of a stored object, never anything else;
where it is told to somebody, a key becomes an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from episodes.artwork import prepare_picture
from episodes.links import secure_link
from episodes.storage.base import Storage
from episodes.storage.keys import picture_key
from episodes.storage.small import put_bytes

_KEY = re.compile(r"shows/\d{1,18}/(?:episodes/[a-z2-7]{10}/)?picture-[0-9a-f]{32}\.(?:jpg|png)")


def is_stored(picture: str) -> bool:
    """Whether it is the key of a picture that we keep."""
    return _KEY.fullmatch(picture) is not None


def usable_picture(picture: str) -> str | None:
    """A stored picture's key or an https address; None for anything else."""
    if is_stored(picture):
        return picture
    link = secure_link(picture)
    return link if link and link.startswith("https://") else None


def stored_pictures(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The keys that persons or chapters mention."""
    for row in rows:
        picture = row.get("img")
        if isinstance(picture, str) and is_stored(picture):
            yield picture


def with_addresses(
    rows: Iterable[Mapping[str, Any]], address: Callable[[str], str]
) -> list[dict[str, Any]]:
    """The rows as others see them: keys made addresses."""
    told = [dict(row) for row in rows]
    for row in told:
        if isinstance(row.get("img"), str) and is_stored(row["img"]):
            row["img"] = address(row["img"])
    return told


def store_picture(
    storage: Storage, data: bytes, show_id: int, episode_key: str = "", *, square: bool = False
) -> str:
    """Check, shrink and keep a picture; gives its key. Raises ArtworkRefused, StorageError."""
    picture = prepare_picture(data, square=square)
    key = picture_key(show_id, picture.sha256, picture.extension, episode_key)
    put_bytes(storage, key, picture.data, content_type=picture.mime)
    return key
