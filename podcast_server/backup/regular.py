"""Backups by themselves: made when the newest is old enough, the oldest removed."""

from __future__ import annotations

import logging
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from podcast_server.backup.backup import list_backups, make_backup, read_manifest
from podcast_server.services import Services

log = logging.getLogger(__name__)


def back_up_when_due(services: Services, now: datetime) -> Path | None:
    """Make the scheduled backup if it is time; its folder, or None. Raises BackupError."""
    section = services.settings.backup
    if not section.folder:
        return None
    folder = services.settings.home / section.folder
    newest = newest_backup(folder)
    if newest is not None and now - newest < timedelta(hours=section.every_hours):
        return None
    made = make_backup(
        services,
        folder,
        # Signing keys open every feed: they only go along where nobody else can read them.
        with_keys=bool(section.recipient),
        recipient=section.recipient,
        now=now,
        progress=lambda _key: None,
    )
    if made.copied.missing:
        log.error("%d files are missing in the storage", len(made.copied.missing))
    keep_newest(folder, section.keep)
    return made.folder


def newest_backup(folder: Path) -> datetime | None:
    """When the newest finished backup was made, in UTC; None for never."""
    found = list_backups(folder)
    if not found:
        return None
    return datetime.fromisoformat(read_manifest(found[-1])["made"]).astimezone(UTC)


def keep_newest(folder: Path, keep: int) -> None:
    """Remove all but the newest ``keep`` backups, then the files that none of them needs."""
    backups = list_backups(folder)
    for old in [*backups[:-keep], *_given_up(folder)]:
        shutil.rmtree(old)
    if any(folder.glob("*.unfinished")):
        return  # a backup in the making needs files that no manifest names yet
    needed = {key for each in backups[-keep:] for key in read_manifest(each)["objects"]}
    objects = folder / "objects"
    for path in [path for path in objects.rglob("*") if path.is_file()]:
        key = path.relative_to(objects).as_posix().removesuffix(".age")
        if key not in needed:
            path.unlink()


def _given_up(folder: Path) -> list[Path]:
    """What backups that were cut off more than two days ago left behind."""
    before = time.time() - timedelta(days=2).total_seconds()
    return [path for path in folder.glob("*.unfinished") if path.stat().st_mtime < before]
