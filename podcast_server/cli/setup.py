"""`init` and `migrate`: bring an installation to life and up to date."""

from __future__ import annotations

import click

from feeds.tokens import new_signing_key, save_signing_keys
from podcast_server.cli.context import Context, pass_context
from podcast_server.database import migrate as migrate_database
from podcast_server.database import open_engine, require_current_schema, schema_versions
from podcast_server.private import make_private_folder
from podcast_server.services import now_utc
from podcast_server.settings import Settings


def initialise(settings: Settings, *, upgrade: bool = False) -> list[str]:
    """Make whatever is missing: data folder, signing keys, database. Says what it made.

    A database with members in it is not touched: raises DatabaseError where its schema is
    an older one, unless it is to be brought up to date.
    """
    made = []
    make_private_folder(settings.data, passage=bool(settings.server.accel_prefix))
    if not settings.keys_file.exists():
        save_signing_keys(settings.keys_file, [new_signing_key(now_utc())])
        made.append(f"signing keys in {settings.keys_file} (keep a copy in a safe place)")
    engine = open_engine(settings.database_url)
    try:
        present, _needed = schema_versions(engine)
        if present is None:
            migrate_database(engine)
            made.append(f"database at {engine.url.render_as_string(hide_password=True)}")
        elif upgrade:
            migrate_database(engine)
        else:
            require_current_schema(engine)
    finally:
        engine.dispose()
    return made


@click.command()
@pass_context
def init(context: Context) -> None:
    """Make the data folder, signing keys and database. Safe to run again."""
    made = initialise(context.settings)
    for line in made:
        click.echo(f"Made {line}.")
    if not made:
        click.echo("Everything is there already.")
    click.echo("Next: podcast-server show create “My show”")


@click.command()
@pass_context
def migrate(context: Context) -> None:
    """Bring the database schema to this version. Make a backup first."""
    engine = open_engine(context.settings.database_url)
    before, needed = schema_versions(engine)
    migrate_database(engine)
    engine.dispose()
    click.echo(
        "The schema is up to date."
        if before == needed
        else f"Migrated from {before or 'nothing'} to {needed}."
    )
