"""An empty migrated SQLite database, made once for a process and copied for each test."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from sqlalchemy import make_url

from podcast_server.database import migrate, open_engine
from podcast_server.private import make_private_folder
from podcast_server.settings import Settings


@lru_cache(maxsize=1)
def migrated_database() -> bytes:
    """Its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "empty.sqlite3"
        engine = open_engine(f"sqlite:///{path}")
        migrate(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        engine.dispose()
        return path.read_bytes()


def put_migrated_database(settings: Settings) -> None:
    """Put it where an installation expects its own, which `init` then finds as it is.

    An installation on another database is left alone.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        make_private_folder(settings.data, passage=bool(settings.server.accel_prefix))
        make_private_folder(path.parent)
        if not path.exists():
            path.write_bytes(migrated_database())
            path.chmod(0o600)
