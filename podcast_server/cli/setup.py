"""`init`, `migrate` and `keys`: bring an installation to life and keep its keys."""

from __future__ import annotations

import click

from feeds.tokens import load_signing_keys, new_signing_key, save_signing_keys
from podcast_server.cli.context import Context, json_option, pass_context, print_rows
from podcast_server.database import migrate as migrate_database
from podcast_server.database import open_engine, schema_versions
from podcast_server.private import make_private_folder
from podcast_server.services import now_utc
from podcast_server.settings import Settings


def initialise(settings: Settings) -> list[str]:
    """Make whatever is missing: data folder, signing keys, database. Says what it made."""
    made = []
    make_private_folder(settings.data, passage=bool(settings.server.accel_prefix))
    if not settings.keys_file.exists():
        save_signing_keys(settings.keys_file, [new_signing_key(now_utc())])
        made.append(f"signing keys in {settings.keys_file} (keep a copy in a safe place)")
    engine = open_engine(settings.database_url)
    present, needed = schema_versions(engine)
    if present != needed:
        migrate_database(engine)
        made.append(f"database at {engine.url.render_as_string(hide_password=True)}")
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


@click.group()
def keys() -> None:
    """Signing keys: the secrets that feed addresses are made with."""


@keys.command("list")
@json_option
@pass_context
def list_keys(context: Context, *, as_json: bool) -> None:
    """List the keys; the newest makes new feeds. The secrets are not shown."""
    listed = load_signing_keys(context.settings.keys_file)
    rows = [
        {"id": key.id, "created": key.created, "use": "signs" if key is listed[-1] else "verifies"}
        for key in listed
    ]
    columns = {"id": "Key", "created": "Made", "use": "Use"}
    print_rows(rows, columns=columns, empty="No keys.", as_json=as_json)


@keys.command("add")
@pass_context
def add_key(context: Context) -> None:
    """Add a key for feeds made from now on. Existing feeds keep theirs and stay as they are."""
    path = context.settings.keys_file
    listed = [*load_signing_keys(path), new_signing_key(now_utc())]
    save_signing_keys(path, listed)
    click.echo(f"Added key {listed[-1].id}. Restart the server to use it.")
