"""Alembic's entry: migrations run on the engine the program hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

from podcast_server.tables import declared, metadata


def run() -> None:
    """Run the migrations in one transaction."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            # SQLite cannot alter columns in place; alembic rebuilds the table instead.
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_name=declared,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
