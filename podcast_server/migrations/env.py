"""Alembic's entry: migrations run on the engine the program hands over."""

from __future__ import annotations

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from podcast_server.fitting import note_fitting
from podcast_server.tables import declared, metadata

# On PostgreSQL a change waits for whoever reads the table, and everybody else waits behind it:
# so it soon gives way, and `database.migrate` tries again. What it then does takes its time.
_PATIENCE = ("SET LOCAL lock_timeout = '2s'", "SET LOCAL statement_timeout = 0")


def run() -> None:
    """Run the migrations; on PostgreSQL in one transaction."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        context.configure(
            connection=connection,
            target_metadata=metadata,
            # SQLite cannot alter columns in place; alembic rebuilds the table instead.
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_name=declared,
        )
        with context.begin_transaction():
            for statement in _PATIENCE if postgresql else ():
                connection.exec_driver_sql(statement)
            context.run_migrations()
            note_fitting(connection, ScriptDirectory.from_config(context.config))
        connection.commit()  # on SQLite each step is a transaction of its own


run()
