"""Files for this server's user alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from podcast_server.private import make_private_file

WRITES = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    make_private_file(tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_there_stays_locked_by_who_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "podcast.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("CREATE TABLE shows (id INTEGER)")
        connection.execute("BEGIN IMMEDIATE")
        make_private_file(path)
        other = subprocess.run(
            [sys.executable, "-c", WRITES, str(path)], capture_output=True, text=True
        )
    assert "database is locked" in other.stderr
