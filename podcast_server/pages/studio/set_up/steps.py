"""Which step of setting up a page is, on a server that has nothing yet."""

from __future__ import annotations

from flask import g, request
from sqlalchemy import func, select

from episodes.models import Episode, Show
from podcast_server.database import reading
from podcast_server.pages.wiring import the_services


def set_up_step() -> int | None:
    """2 while there is no show, 3 for the picture of the first; None for all who come later."""
    with reading(the_services().engine) as database:
        shows = database.scalar(select(func.count(Show.id))) or 0
        if request.endpoint == "studio_show.new":
            return None if shows else 2
        begun = database.scalar(select(Episode.id).limit(1)) is not None
    return None if shows > 1 or begun or g.show.artwork_key else 3
