"""Take an archive in: look at all of it, bring the files, then all rows in one transaction.

Cut off at any moment it is run again: files that are there and the same are left, and rows are
either all there or none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from feeds.grants import fold_all_access
from feeds.tokens import Tokens, save_signing_keys
from podcast_server.database import reading
from podcast_server.moving.archive.files import Brought, bring_files
from podcast_server.moving.archive.keys import read_keys, sign_with_known
from podcast_server.moving.archive.manifest import Manifest
from podcast_server.moving.archive.reading import check_rows, read_episodes, read_shows
from podcast_server.moving.archive.rows import bring_rows, is_empty
from podcast_server.moving.archive.shows_only import bring_shows, refuse_known
from podcast_server.moving.archive.source import Source, open_source
from podcast_server.moving.archive.verify import verify
from podcast_server.moving.errors import ArchiveError
from podcast_server.services import Services

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in. ``new_addresses``: feeds whose signing key did not come along."""

    manifest: Manifest
    counts: dict[str, int]
    objects: int
    bytes: int
    keys_taken: bool
    new_addresses: int


def import_archive(
    services: Services, path: Path, *, shows_only: bool = False, progress: Progress
) -> Imported:
    """Fill an empty server, or add shows (without people and money) to one in use.

    Raises ArchiveError, StorageError; then no row was added.
    """
    with open_source(path) as source:
        manifest = verify(source, progress)
        counts = check_rows(source)
        _compare(counts, manifest)
        with reading(services.engine) as session:
            _refuse_strange(session, source, shows_only=shows_only)
        keys = None if shows_only else read_keys(source)
        tokens = Tokens(keys) if keys else services.tokens
        brought = Brought()
        with _removed_on_failure(services, brought):
            bring_files(source, services.storage, manifest, _files_of(source), brought, progress)
            with services.sessions.begin() as session:
                _refuse_strange(session, source, shows_only=shows_only)
                changed = _bring(session, source, tokens, shows_only=shows_only)
                if keys:
                    # Last before the commit: an empty server may have them, a full one must.
                    save_signing_keys(services.settings.keys_file, keys)
        return Imported(manifest, counts, len(brought.objects), brought.bytes, bool(keys), changed)


def _compare(counts: dict[str, int], manifest: Manifest) -> None:
    for name, count in manifest.counts.items():
        if counts.get(name) != count:
            raise ArchiveError(
                f"the archive should hold {count} {name.replace('_', ' ')}, "
                f"and holds {counts.get(name)}"
            )


def _refuse_strange(session: Session, source: Source, *, shows_only: bool) -> None:
    connection = session.connection()
    if shows_only:
        refuse_known(connection, source)
    elif not is_empty(connection):
        raise ArchiveError(
            "this server is not empty: import into a fresh one, or bring only the shows, without "
            "members and payments (--shows-only)"
        )


def _bring(session: Session, source: Source, tokens: Tokens, *, shows_only: bool) -> int:
    connection: Connection = session.connection()
    if shows_only:
        bring_shows(connection, source)
        return 0
    bring_rows(connection, source)
    fold_all_access(session)
    return sign_with_known(connection, tokens)


def _files_of(source: Source) -> dict[str, str]:
    files: dict[str, str] = {}
    for slug, show in read_shows(source).items():
        files |= show.files
        for episode in read_episodes(source, slug, show.show["id"]):
            files |= episode.files
    return files


@contextmanager
def _removed_on_failure(services: Services, brought: Brought) -> Iterator[None]:
    try:
        yield
    except Exception:
        for key in brought.objects:
            services.storage.delete(key)
        raise
