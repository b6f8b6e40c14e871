"""A throwaway PostgreSQL for slow tests: its own folder, its own socket, no port."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url


def binaries() -> Path | None:
    """Where initdb and pg_ctl are, or None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def running() -> Iterator[str]:
    """Start a server, yield its SQLAlchemy address, and remove it again."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 bytes
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = str(folder / "data")
        _run(
            [str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "tests", "-N", "-E", "UTF8"]
        )
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", data]
        _run([*control, "-w", "-t", "300", "-o", options, "-l", str(folder / "log"), "start"])
        try:
            yield f"postgresql+psycopg://tests@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes databases on a server, each under a name of its own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._template = "template1"

    def create(self) -> str:
        """The address of a new database."""
        name = f"test_{secrets.token_hex(6)}"
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._newest = name
        return self._url.set(database=name).render_as_string(hide_password=False)

    def copy_from_newest(self) -> None:
        """Let the databases made from now on be copies of the last one; nobody may be in it."""
        self._template = self._newest


def _run(command: Sequence[str]) -> None:
    # PostgreSQL refuses to run as root; its package brings a user for that.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
