"""The episode that an address names."""

from __future__ import annotations

from flask import g
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.errors import NotFound
from episodes.models import Episode


def episode_here(database: Session, key: str) -> Episode:
    """An episode of the show in the address. Raises NotFound for any other."""
    episode = database.scalars(
        select(Episode).where(Episode.key == key, Episode.show_id == g.show.id)
    ).first()
    if episode is None:
        raise NoSuchEpisode
    return episode


class NoSuchEpisode(NotFound):
    """There is no such episode in this show."""

    def __str__(self) -> str:
        return str(gettext("There is no such episode in this show."))
