"""How processes beside one SQLite file learn that one of them has written to it.

SQLite itself can tell, but only by a call that costs half a look-up. Here every commit leaves a
value of its own in a small shared file; who finds the value of before knows that nobody of ours
has committed since. A process killed between commit and mark leaves no mark, so whoever relies
on this must look into the database every now and then all the same.
"""

from __future__ import annotations

import itertools
import mmap
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

_SIZE = 8  # bytes: one aligned word, written and read at once
# From anywhere, because processes in different containers may have the same number.
_NUMBERS = itertools.count(secrets.randbits(32))


class CommitMark:
    """The mark beside one database file, shared through memory."""

    def __init__(self, database: Path) -> None:
        """Raises OSError where no file can be made beside the database."""
        path = database.with_name(database.name + "-mark")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size != _SIZE:
                os.ftruncate(handle, _SIZE)
                _give_to_owner_of(database.parent, handle)
            self._memory = mmap.mmap(handle, _SIZE)
        finally:
            os.close(handle)

    def leave(self) -> None:
        """Tell everybody that something was committed just now."""
        # Process and running number: no two marks are alike, so none can be overlooked.
        word = (os.getpid() & 0xFFFFFFFF) << 32 | next(_NUMBERS) & 0xFFFFFFFF
        self._memory[:] = word.to_bytes(_SIZE, "little")

    def read(self) -> bytes:
        """The latest mark; any other value than before means a commit."""
        return self._memory[:]


def _give_to_owner_of(folder: Path, handle: int) -> None:
    """What root's commands make, the server must be able to use, as SQLite sees to itself."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def marking_connection(mark: CommitMark) -> type[sqlite3.Connection]:
    """The connection class (``factory`` of sqlite3.connect) that leaves marks."""

    class Marking(sqlite3.Connection):
        """Leaves a mark after each commit that changed something, before anybody goes on."""

        _told = 0

        def commit(self) -> None:
            """Commit, then leave the mark."""
            super().commit()
            changes: Any = self.total_changes
            if changes != self._told:
                self._told = changes
                mark.leave()

    return Marking
