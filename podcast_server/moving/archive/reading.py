"""What an archive says, as rows, checked field by field and before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from episodes.pictures import stored_pictures
from episodes.storage.base import BadKey
from episodes.storage.keys import check_key
from podcast_server.moving.archive.kinds import (
    ANNOUNCEMENT,
    AUDIO,
    EPISODE,
    LISTED,
    SHOW,
    TIER,
    TRANSCRIPT,
    VERSION,
    Kind,
)
from podcast_server.moving.archive.layout import (
    EPISODE_PATH,
    SHOW_PATH,
    episode_folder,
    named,
    picture_file,
    show_folder,
)
from podcast_server.moving.archive.lines import MAX_LINE, from_json, read_records
from podcast_server.moving.archive.source import Source
from podcast_server.moving.archive.values import row_of
from podcast_server.moving.errors import ArchiveError

Row = dict[str, Any]
_TOKEN_ID = re.compile(r"[a-z2-7]{16}")


@dataclass(slots=True)
class ShowRows:
    """A show as rows, and where its files belong: path in the archive → object."""

    show: Row
    tiers: list[Row]
    audio: list[Row] = field(default_factory=list)
    announcements: list[Row] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class EpisodeRows:
    """An episode as rows, and where its files belong: path in the archive → object."""

    episode: Row
    audio: list[Row]
    versions: list[Row]
    transcripts: list[Row]
    files: dict[str, str] = field(default_factory=dict)


def read_shows(source: Source) -> dict[str, ShowRows]:
    """Every show by its slug. Raises ArchiveError."""
    found = {}
    for path in sorted(source.sizes()):
        if match := SHOW_PATH.fullmatch(path):
            found[match[1]] = _show(read_json(source, path), match[1], path)
    return found


def read_episodes(source: Source, slug: str, show_id: int) -> Iterator[EpisodeRows]:
    """The episodes of one show, in the order of their paths. Raises ArchiveError."""
    for path in sorted(source.sizes()):
        match = EPISODE_PATH.fullmatch(path)
        if match and match[1] == slug:
            yield _Episode(slug, match[2], show_id, path).rows(read_json(source, path))


def read_rows(source: Source, kind: Kind) -> Iterator[Row]:
    """The rows of one listed kind. Raises ArchiveError."""
    if kind.path not in source.sizes():
        return
    with source.open(kind.path) as file:
        for where, record in read_records(kind, file):
            row = row_of(kind, record, where)
            if kind.table_name == "private_feeds" and not _TOKEN_ID.fullmatch(row["key"]):
                raise ArchiveError(f"{where} has no valid token_id")
            yield row


def check_rows(source: Source) -> dict[str, int]:
    """Read everything once, and write nothing; how many records of each table there are."""
    counts = {kind.table_name: sum(1 for _ in read_rows(source, kind)) for kind in LISTED}
    shows = read_shows(source)
    counts["shows"] = len(shows)
    counts["episodes"] = sum(
        1 for slug, show in shows.items() for _ in read_episodes(source, slug, show.show["id"])
    )
    return counts


def read_json(source: Source, path: str) -> Any:
    """A file that holds one JSON value. Raises ArchiveError."""
    size = source.sizes()[path]
    if size > MAX_LINE:
        raise ArchiveError(f"{path} is too long")
    with source.open(path) as file:
        return from_json(file.read(size), path)


def _show(plain: Any, slug: str, path: str) -> ShowRows:
    plain = _object(plain, path)
    plain.pop("artwork_file", None)
    tiers, announcements = (_list(plain, name, path) for name in ("tiers", "announcements"))
    show = row_of(SHOW, plain, path)
    if show["slug"] != slug:
        raise ArchiveError(f"{path} is of another show")
    made = ShowRows(show, [_with(row_of(TIER, each, path), show_id=show["id"]) for each in tiers])
    if show["artwork_key"]:
        made.files[f"{show_folder(slug)}/{named('artwork', show['artwork_key'])}"] = _object_key(
            show["artwork_key"], path
        )
    for key in _pictures(show["persons"]):
        made.files[f"{show_folder(slug)}/{picture_file(key)}"] = _object_key(key, path)
    for each in announcements:
        _announcement(each, made, path)
    return made


def _announcement(plain: Any, made: ShowRows, path: str) -> None:
    record = _object(plain, path)
    sound = record.pop("audio", None)
    row = _with(row_of(ANNOUNCEMENT, record, path), show_id=made.show["id"])
    name = f"announcement-{row['id']}"
    audio, files = _audio(sound, name, made.show["id"], path)
    made.audio.append(audio)
    made.announcements.append(_with(row, audio_id=audio["id"]))
    made.files |= {f"{show_folder(made.show['slug'])}/{file}": key for file, key in files.items()}


def _audio(plain: Any, name: str, show_id: int, path: str) -> tuple[Row, dict[str, str]]:
    """A record of audio as a row, and its files: name in the folder → object."""
    record = _object(plain, path)
    record.pop("file", None)
    record.pop("original_file", None)
    row = _with(row_of(AUDIO, record, path), show_id=show_id)
    files = {named(name, row["object_key"]): row["object_key"]}
    if row["original_key"]:
        original = "original" if name == "audio" else f"{name}-original"
        files[named(original, row["original_key"])] = row["original_key"]
    return row, {file: _object_key(key, path) for file, key in files.items()}


class _Episode:
    """One episode.json taken apart."""

    def __init__(self, slug: str, key: str, show_id: int, path: str) -> None:
        self._key, self._show_id, self._path = key, show_id, path
        self._folder = episode_folder(slug, key)
        self._files: dict[str, str] = {}

    def rows(self, plain: Any) -> EpisodeRows:
        plain = _object(plain, self._path)
        plain.pop("artwork_file", None)
        audio = self._audio(plain.pop("audio", None), "audio")
        preview = self._audio(plain.pop("preview", None), "preview")
        transcripts, versions = (
            _list(plain, name, self._path) for name in ("transcripts", "versions")
        )
        episode = row_of(EPISODE, plain, self._path)
        if episode["key"] != self._key:
            raise ArchiveError(f"{self._path} is of another episode")
        if episode["artwork_key"]:
            self._file(named("artwork", episode["artwork_key"]), episode["artwork_key"])
        for picture in _pictures([*episode["persons"], *episode["chapters"]]):
            self._file(picture_file(picture), picture)
        episode |= {
            "show_id": self._show_id,
            "audio_id": audio["id"] if audio else None,
            "preview_audio_id": preview["id"] if preview else None,
        }
        return EpisodeRows(
            episode,
            [each for each in (audio, preview) if each],
            [_with(row_of(VERSION, v, self._path), episode_id=episode["id"]) for v in versions],
            [self._transcript(each, episode["id"]) for each in transcripts],
            self._files,
        )

    def _audio(self, plain: Any, name: str) -> Row | None:
        if plain is None:
            return None
        row, files = _audio(plain, name, self._show_id, self._path)
        self._files |= {f"{self._folder}/{file}": key for file, key in files.items()}
        return row

    def _transcript(self, plain: Any, episode_id: int) -> Row:
        record = _object(plain, self._path)
        record.pop("file", None)
        row = _with(row_of(TRANSCRIPT, record, self._path), episode_id=episode_id)
        self._file(named(f"transcript-{row['id']}", row["object_key"]), row["object_key"])
        return row

    def _file(self, name: str, object_key: str) -> None:
        self._files[f"{self._folder}/{name}"] = _object_key(object_key, self._path)


def _pictures(rows: list[Any]) -> Iterator[str]:
    """The stored pictures of persons or chapters; rows of another kind have none."""
    return stored_pictures(row for row in rows if isinstance(row, dict))


def _object(plain: Any, path: str) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise ArchiveError(f"{path} is not as it should be")
    return dict(plain)


def _list(plain: dict[str, Any], name: str, path: str) -> list[Any]:
    value = plain.pop(name, [])
    if not isinstance(value, list):
        raise ArchiveError(f"{path}: {name} is not a list")
    return value


def _with(row: Row, **implied: int) -> Row:
    return row | implied


def _object_key(key: str, path: str) -> str:
    """Only what belongs to shows: an archive may not write elsewhere in the storage."""
    try:
        check_key(key)
    except BadKey as error:
        raise ArchiveError(f"{path}: {error}") from error
    if not key.startswith("shows/"):
        raise ArchiveError(f"{path}: {key[:80]!r} does not belong to a show")
    return key
