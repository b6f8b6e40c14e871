"""Folders and files for this server's user alone: members, money and sign-in links are in them."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
# Where a front of the same group sends the audio in the folder: it may pass through, not look.
PASSAGE = 0o710


def make_private_folder(folder: Path, *, passage: bool = False) -> None:
    """Make a folder if it is not there; ``passage`` lets the group through."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=FOLDER, exist_ok=True)
    if passage:
        folder.chmod(PASSAGE)


def make_private_file(path: Path) -> None:
    """Make an empty file if it is not there. What SQLite puts beside one has the same mode."""
    # One that is there is not even opened: by closing a file, a process lets go of all its locks on
    # it, SQLite's too. Another process could then take away the log of writes under our hands.
    if path.exists():
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE))
