"""Earlier versions of an episode: kept at every change, told apart, and brought back.

A version holds what the episode was before a change, and under ``after`` what the change made
of it. Words and sound are brought back each on its own: old words on new audio are common.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.episodes import update_episode
from episodes.errors import NotFound
from episodes.models import Audio, Episode, EpisodeVersion, Tier, Transcript
from episodes.pictures import stored_pictures
from episodes.publishing import record_change

Part = Literal["words", "sound"]
_PLAIN = (
    "title", "notes", "author", "link", "season", "season_name", "number", "type", "explicit",
    "audience", "tier_ids", "chapters", "persons", "artwork_key",
)  # fmt: skip
_PREVIEW = ("preview_start", "preview_end", "preview_off", "preview_of")
_TRANSCRIPT = ("object_key", "mime", "extension", "language", "size")
WORDS = (*_PLAIN, "public_at", "transcripts")
SOUND = ("audio", "preview", *_PREVIEW)  # the keys of the stored files, which are for life
KEPT = (*WORDS, *SOUND)
MOST = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one version, before and after, as history keeps it."""

    name: str
    before: Any
    after: Any


def snapshot_of(episode: Episode) -> dict[str, Any]:
    """The fields that history keeps, as they are now, ready for JSON."""
    audio, preview = episode.audio, episode.preview_audio
    return {
        **{name: getattr(episode, name) for name in (*_PLAIN, *_PREVIEW)},
        "public_at": episode.public_at.isoformat() if episode.public_at else None,
        "transcripts": [
            {name: getattr(each, name) for name in _TRANSCRIPT} for each in episode.transcripts
        ],
        "audio": audio.object_key if audio else None,
        "preview": preview.object_key if preview else None,
    }


@contextmanager
def keeping(session: Session, episode: Episode, *, by: str, now: datetime) -> Iterator[None]:
    """Keep what an episode is now, if what happens in here changes it. ``by`` is who does."""
    before = snapshot_of(episode)
    yield
    session.flush()
    session.refresh(episode, ["audio", "preview_audio", "transcripts"])
    after = snapshot_of(episode)
    changed = {name: after[name] for name in KEPT if before[name] != after[name]}
    if changed:
        fields = {**before, "after": changed}
        session.add(EpisodeVersion(episode_id=episode.id, at=now, by=by[:255], fields=fields))
        session.flush()


def versions_of(session: Session, episode_id: int) -> list[EpisodeVersion]:
    """Newest first."""
    return list(
        session.scalars(
            select(EpisodeVersion)
            .where(EpisodeVersion.episode_id == episode_id)
            .order_by(EpisodeVersion.id.desc())
            .limit(MOST)
        )
    )


def changes_in(version: EpisodeVersion, newer: Mapping[str, Any]) -> list[Change]:
    """What was changed after a version; ``newer`` is the next one's fields, or the present."""
    before = version.fields
    after = before.get("after")
    if after is None:  # of a time when only what was before was kept
        both = [name for name in KEPT if name in before and name in newer]
        after = {name: newer[name] for name in both if newer[name] != before[name]}
    return [Change(name, before.get(name), after[name]) for name in KEPT if name in after]


def differs(version: EpisodeVersion, present: Mapping[str, Any], part: Part) -> bool:
    """Whether bringing the part of a version back would change anything."""
    fields, names = version.fields, WORDS if part == "words" else SOUND
    if part == "sound" and fields.get("audio") is None:
        return False  # an episode is never brought back to having none
    return any(name in fields and fields[name] != present[name] for name in names)


def objects_of(version: EpisodeVersion) -> list[str]:
    """The keys of the stored files that a version needs."""
    fields = version.fields
    keys = [fields.get("artwork_key"), fields.get("audio"), fields.get("preview")]
    keys += [each["object_key"] for each in fields.get("transcripts", [])]
    keys += [
        *stored_pictures(fields.get("persons", [])),
        *stored_pictures(fields.get("chapters", [])),
    ]
    return [key for key in keys if key]


def find_version(session: Session, episode: Episode, version_id: int) -> EpisodeVersion:
    """Raises NotFound when it is not a version of this episode."""
    version = session.get(EpisodeVersion, version_id)
    if version is None or version.episode_id != episode.id:
        raise NotFound("this episode has no such version")
    return version


def bring_back(
    session: Session,
    episode: Episode,
    version: EpisodeVersion,
    part: Part,
    *,
    by: str,
    now: datetime,
    missing: Collection[str] = (),
) -> None:
    """Make an earlier version's words or sound the present ones; the present ones are kept too.

    Files whose keys are ``missing`` from the storage stay away.
    """
    with keeping(session, episode, by=by, now=now):
        if part == "words":
            _bring_words(session, episode, version.fields, now, missing)
        else:
            _bring_sound(session, episode, version.fields, missing)
            record_change(session, episode.show_id, now=now, episode=episode)


def _bring_words(
    session: Session,
    episode: Episode,
    kept: Mapping[str, Any],
    now: datetime,
    missing: Collection[str],
) -> None:
    fields = {name: kept[name] for name in _PLAIN if name in kept}
    if fields.get("artwork_key") in missing:
        del fields["artwork_key"]
    if "tier_ids" in fields:
        tiers = set(session.scalars(select(Tier.id).where(Tier.show_id == episode.show_id)))
        fields["tier_ids"] = [each for each in fields["tier_ids"] if each in tiers]
    if "public_at" in kept:
        moment = kept["public_at"]
        fields["public_at"] = datetime.fromisoformat(moment) if moment else None
    if "transcripts" in kept:
        rows = [each for each in kept["transcripts"] if each["object_key"] not in missing]
        episode.transcripts[:] = [Transcript(**each) for each in rows]
    update_episode(session, episode, fields, now)


def _bring_sound(
    session: Session, episode: Episode, kept: Mapping[str, Any], missing: Collection[str]
) -> None:
    audio = _audio(session, episode, kept.get("audio"), missing)
    if audio is None:
        return
    preview = _audio(session, episode, kept.get("preview"), missing)
    episode.audio_id, episode.preview_audio_id = audio.id, preview.id if preview else None
    for name in _PREVIEW:
        setattr(episode, name, kept[name])


def _audio(
    session: Session, episode: Episode, key: str | None, missing: Collection[str]
) -> Audio | None:
    if key is None or key in missing:
        return None
    found = select(Audio).where(Audio.object_key == key, Audio.show_id == episode.show_id)
    return session.scalars(found).first()


def mentioned_in_versions(session: Session) -> set[str]:
    """The keys of stored files that some version could bring back."""
    query = select(EpisodeVersion).execution_options(yield_per=500)
    return {key for version in session.scalars(query) for key in objects_of(version)}
