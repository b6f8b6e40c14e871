"""``…/episodes/<key>/picture``: pictures of an episode's chapters."""

from __future__ import annotations

from episodes.pictures import store_picture
from podcast_server.pages.studio.guard import the_show
from podcast_server.pages.wiring import the_services


def keep_picture(key: str, data: bytes) -> str:
    """Store the picture of a person of an episode; gives its name. Raises ArtworkRefused."""
    return store_picture(the_services().storage, data, the_show().id, key, square=True)
