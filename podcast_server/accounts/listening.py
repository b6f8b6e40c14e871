"""Everything a member may hear, show by show, and how far they got in each episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from episodes.models import Episode, Show
from feeds.access import entitlement_at, may_hear, parse_windows
from feeds.models import Access
from feeds.rendering.assemble import facts_of
from podcast_server.accounts.models import PlayPosition
from podcast_server.accounts.standing import standings_of

# Nearer to the end than this (seconds), an episode counts as heard: nobody waits for the jingle.
ENDING = 20
# Earlier than this there is nothing to come back to.
BEGINNING = 10


@dataclass(frozen=True, slots=True)
class Listened:
    """How far somebody got: ``seconds`` to go on from, or heard to the end."""

    seconds: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """An episode the member may hear now."""

    show: Show
    episode: Episode
    listened: Listened

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.episode.audio.duration if self.episode.audio else 0.0

    @property
    def left(self) -> float:
        """Seconds that are left to hear."""
        return max(0.0, self.duration - self.listened.seconds)


def tracks_of(session: Session, member_id: int, now: datetime) -> dict[Show, list[Track]]:
    """Every show the member has to do with, by title, with what they may hear, newest first."""
    shows = [standing.show for standing in standings_of(session, member_id, now)]
    positions = _positions(session, member_id)
    return {show: _tracks(session, member_id, show, positions, now) for show in shows}


def find_track(session: Session, member_id: int, key: str, now: datetime) -> Track | None:
    """One episode, if the member may hear it now."""
    episode = session.scalars(_playable().where(Episode.key == key)).first()
    if episode is None or not _may_hear(session, member_id, episode, now):
        return None
    position = session.get(PlayPosition, (member_id, episode.id))
    listened = Listened(position.seconds, position.finished) if position else Listened()
    return Track(session.get_one(Show, episode.show_id), episode, listened)


def going_on(tracks: Sequence[Track], session: Session, member_id: int, most: int) -> list[Track]:
    """What was begun and not finished, the latest first."""
    begun = {track.episode.id: track for track in tracks if _is_begun(track.listened)}
    latest = session.scalars(
        select(PlayPosition.episode_id)
        .where(PlayPosition.member_id == member_id, PlayPosition.episode_id.in_(begun))
        .order_by(PlayPosition.updated_at.desc())
        .limit(most)
    )
    return [begun[episode_id] for episode_id in latest]


def _is_begun(listened: Listened) -> bool:
    return not listened.finished and listened.seconds > BEGINNING


def note_position(
    session: Session, member_id: int, track: Track, seconds: float, now: datetime
) -> Listened:
    """Remember how far the member got in an episode."""
    duration = track.duration
    at = int(min(max(seconds, 0.0), duration))
    finished = duration > 0 and at >= duration - ENDING
    row = session.get(PlayPosition, (member_id, track.episode.id))
    if row is None:
        row = PlayPosition(member_id=member_id, episode_id=track.episode.id)
        session.add(row)
    row.seconds, row.finished, row.updated_at = (0 if finished else at), finished, now
    session.flush()
    return Listened(row.seconds, row.finished)


def _tracks(
    session: Session,
    member_id: int,
    show: Show,
    positions: dict[int, Listened],
    now: datetime,
) -> list[Track]:
    access = session.get(Access, (member_id, show.id))
    entitlement = entitlement_at(parse_windows(access.windows if access else "[]"), now.timestamp())
    episodes = session.scalars(
        _playable()
        .where(Episode.show_id == show.id, Episode.publish_at <= now)
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
    )
    return [
        Track(show, episode, positions.get(episode.id, Listened()))
        for episode in episodes
        if may_hear(entitlement, facts_of(episode), now.timestamp())
    ]


def _playable() -> Select[Episode]:
    return (
        select(Episode)
        .where(Episode.state == "ready", Episode.audio_id.is_not(None))
        .options(selectinload(Episode.audio), selectinload(Episode.transcripts))
    )


def _may_hear(session: Session, member_id: int, episode: Episode, now: datetime) -> bool:
    access = session.get(Access, (member_id, episode.show_id))
    entitlement = entitlement_at(parse_windows(access.windows if access else "[]"), now.timestamp())
    return may_hear(entitlement, facts_of(episode), now.timestamp())


def _positions(session: Session, member_id: int) -> dict[int, Listened]:
    rows = session.scalars(select(PlayPosition).where(PlayPosition.member_id == member_id))
    return {row.episode_id: Listened(row.seconds, row.finished) for row in rows}
