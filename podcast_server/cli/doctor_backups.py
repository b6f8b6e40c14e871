"""`doctor` on the scheduled backups: whether the next one can be made."""

from __future__ import annotations

import os
from pathlib import Path

from episodes.errors import EpisodeError
from episodes.storage.address import SCHEME
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import open_place
from podcast_server.backup.regular import newest_backup
from podcast_server.backup.seal import sealing
from podcast_server.cli.findings import Finding
from podcast_server.settings import Settings

CHECK = "backups"


def check_backups(settings: Settings) -> Finding:
    """The place can be reached and the recipient be encrypted for."""
    section = settings.backup
    if not section.folder:
        return Finding(CHECK, "note", "none are made by themselves", "set [backup] folder")
    try:
        if section.recipient:
            sealing(section.recipient)
        newest = newest_backup(open_place(settings, section.folder))
    except (BackupError, EpisodeError, OSError) as error:
        return Finding(CHECK, "failed", str(error), "check the [backup] section")
    if not section.folder.startswith(SCHEME) and not _can_write(settings.home / section.folder):
        return Finding(
            CHECK,
            "failed",
            f"{settings.home / section.folder} is no folder that this user may write to",
            "make it, and give it to the server's user",
        )
    made = "none yet" if newest is None else f"the newest of {newest:%Y-%m-%d %H:%M} UTC"
    return Finding(CHECK, "ok", f"{section.folder}: {made}")


def _can_write(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
