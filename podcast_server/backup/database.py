"""A consistent copy of the database while it is in use: SQLite's own backup, or pg_dump."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import URL, Engine

from podcast_server.backup.errors import BackupError


def dump_database(engine: Engine, folder: Path) -> Path:
    """Write a snapshot into ``folder``; gives its file. Raises BackupError."""
    if engine.dialect.name == "sqlite":
        return _copy_sqlite(Path(engine.url.database or ""), folder / "database.sqlite3")
    return _pg_dump(engine.url, folder / "database.pgdump")


def load_database(engine: Engine, folder: Path) -> None:
    """Fill an empty database from the snapshot in ``folder``. Raises BackupError."""
    name = "database.sqlite3" if engine.dialect.name == "sqlite" else "database.pgdump"
    source = folder / name
    if not source.exists():
        raise BackupError(
            f"{folder} holds no {name}: a backup is restored into the kind of database it came from"
        )
    if engine.dialect.name == "sqlite":
        target = Path(engine.url.database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_sqlite(source, target)
    else:
        _pg_restore(engine.url, source)


def _copy_sqlite(source: Path, target: Path) -> Path:
    # SQLite's online backup sees one moment, whatever is written meanwhile.
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as read:
        write = sqlite3.connect(target)
        try:
            read.backup(write)
            write.execute("PRAGMA journal_mode=DELETE")
            problem = write.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            write.close()
    read.close()
    if problem != "ok":
        raise BackupError(f"the copy of the database is damaged: {problem}")
    return target


def _pg_dump(url: URL, target: Path) -> Path:
    _run("pg_dump", ["--format=custom", f"--file={target}"], url)
    return target


def _pg_restore(url: URL, source: Path) -> None:
    _run("pg_restore", ["--no-owner", "--exit-on-error", str(source)], url)


def _run(program: str, arguments: list[str], url: URL) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is missing: install PostgreSQL's client programs")
    address = url.set(drivername="postgresql", password=None)
    done = subprocess.run(
        [found, *arguments, f"--dbname={address.render_as_string(hide_password=False)}"],
        env={"PATH": str(Path(found).parent), "PGPASSWORD": url.password or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()}")
