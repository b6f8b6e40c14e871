"""Files that lie beside an audio file: transcripts and chapters, by name and by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from episodes.chapters import check_chapters, read_chapters, to_rows
from episodes.episodes import update_episode
from episodes.errors import NotFound
from episodes.models import Episode, Show, Transcript
from episodes.publishing import record_change
from episodes.storage.base import Storage
from episodes.storage.keys import transcript_key
from episodes.storage.small import put_bytes, sha256_of
from episodes.transcripts import find_format, read_transcript, write_transcript
from episodes.transcripts.cues import MAX_BYTES
from episodes.transcripts.fit import last_words

TRANSCRIPTS = (".vtt", ".srt", ".json", ".txt")
CHAPTERS = ".chapters.json"


def transcript_beside(audio: Path) -> Path | None:
    """``talk.vtt`` beside ``talk.mp3``; the format that says most comes first."""
    names = (audio.with_suffix(suffix) for suffix in TRANSCRIPTS)
    return next((path for path in names if path.is_file()), None)


def chapters_beside(audio: Path) -> Path | None:
    """``talk.chapters.json`` beside ``talk.mp3``."""
    path = audio.with_suffix(CHAPTERS)
    return path if path.is_file() else None


def store_transcript(
    storage: Storage, show_id: int, episode_key: str, *, name: str, data: bytes, language: str
) -> Transcript:
    """Read a transcript of any format and store it as WebVTT, or as text where it has no times.

    Gives a row that is not in the database yet. Raises TranscriptRefused, StorageError.
    """
    given = find_format(name, data)
    cues = read_transcript(data, given.mime)
    timed = any(cue.start or cue.end for cue in cues)
    kept = find_format("text/vtt" if timed else "text/plain")
    written = write_transcript(cues, kept.mime)
    key = transcript_key(show_id, episode_key, sha256_of(written), kept.extension)
    put_bytes(storage, key, written, content_type=kept.mime)
    return Transcript(
        object_key=key,
        mime=kept.mime,
        extension=kept.extension,
        language=language,
        size=len(written),
        ends=last_words(cues) if timed else None,
    )


def attach_transcript(
    session: Session, episode: Episode, transcript: Transcript, now: datetime
) -> None:
    """Make it the episode's transcript in its language, instead of any other in that one."""
    own = session.get_one(Show, episode.show_id).language
    language = transcript.language or own
    others = [each for each in episode.transcripts if (each.language or own) != language]
    episode.transcripts[:] = [*others, transcript]
    record_change(session, episode.show_id, now=now, episode=episode)


def remove_transcript(
    session: Session, episode: Episode, transcript_id: int, now: datetime
) -> None:
    """Take one of the episode's transcripts away. Raises NotFound when it is not one of them."""
    kept = [each for each in episode.transcripts if each.id != transcript_id]
    if len(kept) == len(episode.transcripts):
        raise NotFound("the episode has no such transcript")
    episode.transcripts[:] = kept
    record_change(session, episode.show_id, now=now, episode=episode)


def attach_chapters(session: Session, episode: Episode, data: bytes, now: datetime) -> None:
    """Take chapters from a JSON Chapters file. Raises ChaptersRefused."""
    length = episode.audio.duration if episode.audio else None
    rows = to_rows(check_chapters(read_chapters(data), length))
    update_episode(session, episode, {"chapters": rows}, now)


def read_small(path: Path) -> bytes:
    """A whole transcript or chapters file; one byte more than any may have."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
