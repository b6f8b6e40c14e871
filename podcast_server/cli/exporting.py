"""`export`: what leaves, for good or for safe keeping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import Progress

from episodes.storage.base import Readable
from podcast_server.backup.seal import plainly, sealing
from podcast_server.cli.context import PARTLY, Context, console, pass_context
from podcast_server.moving.archive.export import Export, Wanted, write_file
from podcast_server.moving.errors import ArchiveError
from podcast_server.services import now_utc


@click.group()
def export() -> None:
    """Take everything along."""


@export.command("archive")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--folder", is_flag=True, help="Write a folder of files instead of a tar.")
@click.option("--with-keys", is_flag=True, help="Also the signing keys: feeds keep their address.")
@click.option("--with-hits", is_flag=True, help="Also the raw hits that are not yet expired.")
@click.option("--feeds-at", default="", metavar="URL", help="Where the files will be on the web.")
@click.option("--recipient", default="", help="Encrypt for this age recipient (age1…).")
@pass_context
def archive(
    context: Context,
    target: Path,
    *,
    folder: bool,
    with_keys: bool,
    with_hits: bool,
    feeds_at: str,
    recipient: str,
) -> None:
    """Write everything to FILE, a tar that people and programs can read (docs/archive.md).

    Runs while the server runs. Moving to another server: `--with-keys --with-hits`, then
    `import archive FILE` there. `--feeds-at` lets other hosts take feed.xml in from the web.
    """
    if feeds_at and not feeds_at.startswith(("https://", "http://")):
        raise click.UsageError("--feeds-at is an address: https://…")
    if folder and recipient:
        raise click.UsageError("--recipient encrypts a file; leave out --folder")
    seal = sealing(recipient) if recipient else plainly
    if with_keys and not recipient:
        click.secho(
            "The signing keys go along unencrypted: who has this archive can open every "
            "member's feed. --recipient age1… encrypts it.",
            fg="yellow",
            err=True,
        )
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Writing", total=None)
        made = Export(
            context.services,
            Wanted(keys=with_keys, hits=with_hits, feeds_at=feeds_at),
            now_utc(),
            lambda _path: bar.advance(task),
        )
        _write(made, target, seal, folder=folder)
    _report(made, target)


def _write(
    made: Export, target: Path, seal: Callable[[Readable, BinaryIO], None], *, folder: bool
) -> None:
    if folder:
        made.write_folder(target)
    elif target.is_dir():
        raise ArchiveError(f"{target} is a folder: name a file, or a new folder with --folder")
    else:
        write_file(made, target, seal)


def _report(made: Export, target: Path) -> None:
    manifest = made.manifest
    size = sum(each.bytes for each in manifest.files.values())
    counts = manifest.counts
    click.echo(
        f"Wrote {target}: {counts['shows']} shows, {counts['episodes']} episodes, "
        f"{counts['members']} members, {size / 1e6:.1f} MB in {len(manifest.files)} files."
    )
    if not manifest.with_keys:
        click.echo("The signing keys are not in it: on another server feeds get new addresses.")
    if manifest.missing:
        click.echo(
            f"{len(manifest.missing)} files are missing in the storage, "
            f"first: {manifest.missing[0]}. The rest is there.",
            err=True,
        )
        raise SystemExit(PARTLY)
