"""`move`: from the machine it began on to PostgreSQL and S3."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress
from sqlalchemy import select

from episodes.history import mentioned_in_versions
from episodes.ingest import mentioned_objects
from episodes.models import Upload
from episodes.storage.choose import open_storage
from podcast_server.cli.context import PARTLY, Context, console, pass_context
from podcast_server.database import open_engine
from podcast_server.moving.database import move_database
from podcast_server.moving.errors import MoveError
from podcast_server.moving.storage import move_files
from podcast_server.services import storage_settings
from podcast_server.settings import DatabaseSettings, SettingsError, load_settings


@click.group()
def move() -> None:
    """Move to another database or storage. Run it again until nothing changes, then switch."""


@move.command("database")
@click.argument("url")
@pass_context
def move_rows(context: Context, url: str) -> None:
    """Copy all rows to the database at URL, which must be empty or begun by this command.

    Run it while the server runs; stop the server, run it again (only what changed is copied), set
    [database] url, and start. `@FILE` reads the address from a file, so that no password shows.
    """
    target = open_engine(_address(url))
    try:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("Copying rows", total=None)
            moved = move_database(
                context.services.engine, target, lambda _table, rows: bar.advance(task, rows)
            )
    finally:
        target.dispose()
    click.echo(
        f"Copied and verified {moved.rows} rows in {moved.tables} tables "
        f"({moved.changed} changed by this run)."
    )
    click.echo("If the server ran meanwhile: stop it, run this again, then set [database] url.")


def _address(text: str) -> str:
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{text[1:]}: cannot be read ({error.strerror})") from error
    try:
        # Checked as the setting is, and without showing a password.
        DatabaseSettings(url=text)  # type: ignore[arg-type]
    except ValueError:
        raise MoveError("the address must start with sqlite:/// or postgresql://") from None
    return text.replace("postgresql://", "postgresql+psycopg://", 1)


@move.command("storage")
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def move_objects(context: Context, config: Path) -> None:
    """Copy all stored files to the storage that the configuration file CONFIG describes.

    Run it while the server runs, and again until nothing is copied; then use CONFIG.
    """
    target_settings = storage_settings(load_settings(config, {}))
    if target_settings == storage_settings(context.settings):
        raise MoveError("that is the storage in use: describe another one")
    target = open_storage(target_settings)
    target.check()
    with context.reading() as session:
        mentioned = mentioned_objects(session)
        waiting = set(session.scalars(select(Upload.object_key)))
        keys = mentioned | waiting | mentioned_in_versions(session)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Copying files", total=len(keys))
        moved = move_files(
            context.services.storage, target, sorted(keys), lambda _key: bar.advance(task)
        )
    click.echo(
        f"{moved.files} files are there and whole; this run copied {moved.copied} "
        f"({moved.bytes / 1e6:.1f} MB)."
    )
    lost = [key for key in moved.missing if key in mentioned]
    if lost:
        click.echo(f"{len(lost)} files are missing here already, first: {lost[0]}", err=True)
        raise SystemExit(PARTLY)
