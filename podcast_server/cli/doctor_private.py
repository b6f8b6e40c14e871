"""`doctor` on who may read the data folder on this machine."""

from __future__ import annotations

import stat
from pathlib import Path

from podcast_server.cli.findings import Finding
from podcast_server.private import FILE, FOLDER, PASSAGE
from podcast_server.settings import Settings

CHECK = "data folder"


def check_private(settings: Settings, *, repair: bool) -> Finding:
    """Data folder and databases are for the server's user alone; with ``repair`` made so."""
    if not settings.data.is_dir():
        return Finding(
            CHECK, "failed", f"{settings.data} is not there", "run `podcast-server init`"
        )
    wanted = {settings.data: PASSAGE if settings.server.accel_prefix else FOLDER}
    wanted |= dict.fromkeys(sorted(settings.data.glob("*.sqlite3*")), FILE)
    open_ones = {path: mode for path, mode in wanted.items() if _mode(path) & ~mode}
    if not open_ones:
        return Finding(CHECK, "ok", f"{settings.data}, for its owner alone")
    if not repair:
        named = ", ".join(f"{path.name} (mode {_mode(path):o})" for path in open_ones)
        return Finding(
            CHECK,
            "failed",
            f"others on this machine may read it: {named}",
            "run `podcast-server doctor --repair`",
        )
    try:
        for path, mode in open_ones.items():
            path.chmod(mode)
    except OSError as error:
        return Finding(
            CHECK, "failed", f"{error.filename}: {error.strerror}", "run it as the server's user"
        )
    return Finding(CHECK, "ok", f"closed to others: {', '.join(path.name for path in open_ones)}")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:  # SQLite has just put it away
        return 0
