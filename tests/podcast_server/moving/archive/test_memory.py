"""An archive of many gigabytes needs no more memory than a small one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import StorageSettings
from episodes.storage.choose import open_storage
from podcast_server.backup.seal import plainly
from podcast_server.moving.archive.bring import import_archive
from podcast_server.moving.archive.export import Export, Wanted, write_file
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import NOW

MB = 1_000_000


def peak_of(action: Callable[[], object]) -> int:
    """The most memory, in bytes, that was taken on top of what was there before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.thorough
def test_neither_export_nor_import_holds_audio_in_memory(
    services: Services,
    session: Session,
    show: Show,
    fresh: Callable[..., Services],
    tmp_path: Path,
) -> None:
    files = open_storage(StorageSettings(folder=tmp_path / "old-files"))
    build_episode(session, files, show, NOW, data=bytes(60 * MB))
    session.commit()
    old = replace(services, storage=files)
    archive = tmp_path / "a.tar"
    export = Export(old, Wanted(), NOW)
    assert peak_of(lambda: write_file(export, archive, plainly)) < 12 * MB
    assert archive.stat().st_size > 60 * MB
    new = replace(fresh(), storage=open_storage(StorageSettings(folder=tmp_path / "new-files")))
    assert peak_of(lambda: import_archive(new, archive, progress=lambda _: None)) < 12 * MB
