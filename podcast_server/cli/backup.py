"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from episodes.storage.address import SCHEME
from podcast_server.backup.backup import (
    make_backup,
    newest_name,
    read_manifest,
    restore_backup,
    restore_keys,
)
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import Place, open_place
from podcast_server.cli.context import Context, console, json_option, pass_context, print_json
from podcast_server.services import now_utc, open_services


@click.command()
@click.argument("place", metavar="FOLDER")
@click.option("--with-keys", is_flag=True, help="Also the signing keys: keep that copy safe.")
@click.option("--recipient", help="Encrypt for this age recipient (default: [backup] recipient).")
@json_option
@pass_context
def backup(
    context: Context, place: str, *, with_keys: bool, recipient: str | None, as_json: bool
) -> None:
    """Add a backup to FOLDER while the server runs: database and all stored files.

    FOLDER may be s3://bucket/prefix, reached as [backup] and [storage] say.
    Files are kept once however many backups there are, so the next ones are quick and small.
    """
    target = _open(context, place)
    with Progress(console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task("Copying files", total=None)
        made = make_backup(
            context.services,
            target,
            with_keys=with_keys,
            recipient=context.settings.backup.recipient if recipient is None else recipient,
            now=now_utc(),
            progress=lambda _key: bar.advance(task),
        )
    if as_json:
        print_json(
            {
                "backup": f"{target}/{made.name}",
                "objects": made.objects,
                "copied": made.copied.copied,
                "bytes": made.copied.bytes,
                "missing": list(made.copied.missing),
            }
        )
    else:
        new = f"{made.copied.copied} new, {made.copied.bytes / 1e6:.1f} MB"
        click.echo(f"Made {target}/{made.name}: {made.objects} files ({new}).")
        if not with_keys:
            click.echo("The signing keys are not in it; keep a copy of them elsewhere.")
    if made.copied.missing:
        raise BackupError(
            f"{len(made.copied.missing)} files are missing in the storage, "
            f"first: {made.copied.missing[0]}. The rest is backed up."
        )


@click.command()
@click.argument("place", metavar="FOLDER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with your age identity, for an encrypted backup.",
)
@pass_context
def restore(context: Context, place: str, *, yes: bool, identity: Path | None) -> None:
    """Fill a fresh installation from a backup: FOLDER, or the newest one inside it.

    FOLDER may be s3://bucket/prefix.
    """
    source, chosen = _find(context, place)
    manifest = read_manifest(source, chosen)
    if not yes:
        click.confirm(f"Restore the backup of {manifest['made']}?", abort=True)
    settings = context.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    restore_keys(source, chosen, settings.keys_file, identity)
    services = open_services(settings)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Restoring files", total=len(manifest["objects"]))
        copied = restore_backup(
            services, source, chosen, progress=lambda _key: bar.advance(task), identity=identity
        )
    services.close()
    click.echo(f"Restored {chosen}: {len(manifest['objects'])} files, {copied.copied} new.")
    click.echo("Next: podcast-server migrate, then podcast-server doctor")


def _open(context: Context, address: str) -> Place:
    """A place as typed: folders are meant from here, not from the configuration's folder."""
    if not address.startswith(SCHEME):
        address = str(Path(address).absolute())
    return open_place(context.settings, address.rstrip("/"))


def _find(context: Context, address: str) -> tuple[Place, str]:
    """The newest backup in a place, or the one that is named itself. Raises BackupError."""
    place = _open(context, address)
    newest = newest_name(place)
    if newest is not None:
        return place, newest
    above, _, name = address.rstrip("/").rpartition("/")
    if not above or above == SCHEME.rstrip("/"):
        raise BackupError(f"there is no finished backup in {place}")
    return _open(context, above), name
