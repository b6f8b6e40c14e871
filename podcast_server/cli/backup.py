"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from episodes.storage.address import SCHEME
from podcast_server.backup.backup import MANIFEST, Made, make_backup, newest_name, read_manifest
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import Place, open_place
from podcast_server.backup.restore import restore_backup, restore_keys
from podcast_server.cli.context import Context, console, json_option, pass_context, print_json
from podcast_server.private import make_private_folder
from podcast_server.services import now_utc, open_services


@click.command()
@click.argument("place", metavar="[FOLDER]", default="")
@click.option("--with-keys", is_flag=True, help="Also the signing keys: keep that copy safe.")
@click.option("--recipient", help="Encrypt for this age recipient (default: [backup] recipient).")
@click.option("--verify", is_flag=True, help="Read all files there; replace damaged ones.")
@json_option
@pass_context
def backup(
    context: Context,
    place: str,
    *,
    with_keys: bool,
    recipient: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Add a backup to FOLDER while the server runs: database and all stored files.

    FOLDER may be s3://bucket/prefix, reached as [backup] and [storage] say; without it, the
    folder in [backup] is meant.
    Files are kept once however many backups there are, so the next ones are quick and small.
    """
    target = _open(context, place) if place else _own(context)
    with Progress(console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task("Copying files", total=None)
        made = make_backup(
            context.services,
            target,
            with_keys=with_keys,
            recipient=context.settings.backup.recipient if recipient is None else recipient,
            now=now_utc(),
            progress=lambda _key: bar.advance(task),
            verify=verify,
        )
    _report(target, made, with_keys=with_keys, as_json=as_json)


def _own(context: Context) -> Place:
    """The place of the scheduled backups. Raises UsageError where there is none."""
    folder = context.settings.backup.folder
    if not folder:
        raise click.UsageError("name a FOLDER, or set [backup] folder")
    return open_place(context.settings, folder)


def _report(target: Place, made: Made, *, with_keys: bool, as_json: bool) -> None:
    """Say what was made. Raises BackupError where files of ours are missing or damaged."""
    copied = made.copied
    if as_json:
        print_json(
            {
                "backup": f"{target}/{made.name}",
                "objects": made.objects,
                "copied": copied.copied,
                "bytes": copied.bytes,
                "missing": list(copied.missing),
                "damaged": list(copied.damaged),
                "replaced": list(copied.replaced),
            }
        )
    else:
        new = f"{copied.copied} new, {copied.bytes / 1e6:.1f} MB"
        click.echo(f"Made {target}/{made.name}: {made.objects} files ({new}).")
        if copied.replaced:
            click.echo(f"{len(copied.replaced)} files there were damaged, and are replaced.")
        if not with_keys:
            click.echo("The signing keys are not in it; keep a copy of them elsewhere.")
    for said, keys in (("missing", copied.missing), ("damaged", copied.damaged)):
        if keys:
            raise BackupError(
                f"{len(keys)} files are {said} in the storage, first: {keys[0]}. "
                "The rest is backed up. `podcast-server doctor --deep` names them all."
            )


@click.command()
@click.argument("place", metavar="FOLDER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with your age identity, for an encrypted backup.",
)
@click.option("--accept-damage", is_flag=True, help="Take what is damaged or missing as it is.")
@pass_context
def restore(
    context: Context, place: str, *, yes: bool, identity: Path | None, accept_damage: bool
) -> None:
    """Fill a fresh installation from a backup: FOLDER, or the newest one inside it.

    FOLDER may be s3://bucket/prefix.
    """
    source, chosen = _find(context, place)
    manifest = read_manifest(source, chosen)
    if not yes:
        click.confirm(f"Restore the backup of {manifest['made']}?", abort=True)
    settings = context.settings
    make_private_folder(settings.data, passage=bool(settings.server.accel_prefix))
    restore_keys(source, chosen, settings.keys_file, identity)
    services = open_services(settings)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Restoring files", total=len(manifest["objects"]))
        copied = restore_backup(
            services,
            source,
            chosen,
            progress=lambda _key: bar.advance(task),
            identity=identity,
            accept=accept_damage,
        )
    services.close()
    click.echo(f"Restored {chosen}: {len(manifest['objects'])} files, {copied.copied} new.")
    if copied.missing or copied.damaged:
        lost = f"{len(copied.damaged)} of them are damaged, {len(copied.missing)} are missing"
        click.echo(f"{lost}, as you accepted. `podcast-server doctor --deep` names them.", err=True)
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
    if above and above != SCHEME.rstrip("/"):
        around = _open(context, above)
        if around.has(f"{name}/{MANIFEST}"):
            return around, name
    raise BackupError(
        f"there is no finished backup in {place}: name the folder that `podcast-server backup` "
        "was given, or one backup in it"
    )
