"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from podcast_server.backup.backup import (
    list_backups,
    make_backup,
    read_manifest,
    restore_backup,
    restore_keys,
)
from podcast_server.backup.errors import BackupError
from podcast_server.cli.context import Context, console, json_option, pass_context, print_json
from podcast_server.services import now_utc, open_services

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--with-keys", is_flag=True, help="Also the signing keys: keep that copy safe.")
@click.option("--recipient", help="Encrypt for this age recipient (default: [backup] recipient).")
@json_option
@pass_context
def backup(
    context: Context, folder: Path, *, with_keys: bool, recipient: str | None, as_json: bool
) -> None:
    """Add a backup to FOLDER while the server runs: database and all stored files.

    Files are kept once however many backups there are, so the next ones are quick and small.
    """
    with Progress(console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task("Copying files", total=None)
        made = make_backup(
            context.services,
            folder,
            with_keys=with_keys,
            recipient=context.settings.backup.recipient if recipient is None else recipient,
            now=now_utc(),
            progress=lambda _key: bar.advance(task),
        )
    if as_json:
        print_json(
            {
                "backup": str(made.folder),
                "objects": made.objects,
                "copied": made.copied.copied,
                "bytes": made.copied.bytes,
                "missing": list(made.copied.missing),
            }
        )
    else:
        new = f"{made.copied.copied} new, {made.copied.bytes / 1e6:.1f} MB"
        click.echo(f"Made {made.folder}: {made.objects} files ({new}).")
        if not with_keys:
            click.echo("The signing keys are not in it; keep a copy of them elsewhere.")
    if made.copied.missing:
        raise BackupError(
            f"{len(made.copied.missing)} files are missing in the storage, "
            f"first: {made.copied.missing[0]}. The rest is backed up."
        )


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with your age identity, for an encrypted backup.",
)
@pass_context
def restore(context: Context, folder: Path, *, yes: bool, identity: Path | None) -> None:
    """Fill a fresh installation from a backup: FOLDER, or the newest one inside it."""
    found = list_backups(folder)
    chosen = found[-1] if found else folder
    manifest = read_manifest(chosen)
    if not yes:
        click.confirm(f"Restore the backup of {manifest['made']}?", abort=True)
    settings = context.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    restore_keys(chosen, settings.keys_file, identity)
    services = open_services(settings)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Restoring files", total=len(manifest["objects"]))
        copied = restore_backup(
            services, chosen, progress=lambda _key: bar.advance(task), identity=identity
        )
    services.close()
    click.echo(f"Restored {chosen.name}: {len(manifest['objects'])} files, {copied.copied} new.")
    click.echo("Next: podcast-server migrate, then podcast-server doctor")
