"""How far members hear in the browser, the one place where it is known."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from episodes.models import Episode
from podcast_server.accounts.models import PlayPosition


@dataclass(frozen=True, slots=True)
class Completion:
    """An episode, how many members began it in the browser, and how many heard it out."""

    episode_key: str
    title: str
    began: int
    finished: int

    @property
    def share(self) -> float:
        """The part that heard it out, 0 to 1."""
        return self.finished / self.began if self.began else 0.0


def completions(session: Session, show_id: int) -> list[Completion]:
    """Every episode of a show that somebody began in the browser, newest first."""
    rows = session.execute(
        select(
            Episode.key,
            Episode.title,
            func.count(),
            func.count().filter(PlayPosition.finished),
        )
        .join(PlayPosition, PlayPosition.episode_id == Episode.id)
        .where(Episode.show_id == show_id, Episode.state != "deleted")
        .group_by(Episode.id, Episode.key, Episode.title, Episode.publish_at)
        .order_by(Episode.publish_at.desc(), Episode.id)
    )
    return [Completion(*row) for row in rows]
