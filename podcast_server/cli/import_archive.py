"""`import archive`: take in what `export archive` wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress

from podcast_server.backup.seal import open_file, opening
from podcast_server.cli.context import PARTLY, Context, console, pass_context
from podcast_server.moving.archive.bring import Imported, import_archive
from podcast_server.moving.errors import ArchiveError
from podcast_server.private import make_private_folder


@click.command("archive")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@click.option("--shows-only", is_flag=True, help="Add the shows to a server in use, no people.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with your age identity, for an encrypted archive.",
)
@pass_context
def archive(context: Context, path: Path, *, shows_only: bool, identity: Path | None) -> None:
    """Fill a fresh server from FILE, a tar or folder written by `export archive`.

    Everything is checked first. Cut off at any moment, run it again. With the signing keys in
    the archive every feed keeps its token.
    """
    with (
        _opened(path, identity, context.services.settings.data) as plain,
        Progress(console=console, transient=True) as bar,
    ):
        task = bar.add_task("Checking and copying", total=None)
        done = import_archive(
            context.services,
            plain,
            shows_only=shows_only,
            progress=lambda _path: bar.advance(task),
        )
    _report(done, shows_only=shows_only)


@contextmanager
def _opened(path: Path, identity: Path | None, data: Path) -> Iterator[Path]:
    """The archive itself, decrypted beside the database for as long as it is needed."""
    if path.is_dir() or not _is_encrypted(path):
        yield path
        return
    if identity is None:
        raise ArchiveError("the archive is encrypted: name the file of your identity (--identity)")
    make_private_folder(data)
    with tempfile.TemporaryDirectory(dir=data, prefix=".archive-") as private:
        plain = Path(private, "archive.tar")
        open_file(path, plain, opening(identity))
        yield plain


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(21) == b"age-encryption.org/v1"


def _report(done: Imported, *, shows_only: bool) -> None:
    counts = done.counts
    people = "" if shows_only else f", {counts['members']} members"
    click.echo(
        f"Imported {counts['shows']} shows, {counts['episodes']} episodes{people}; "
        f"{done.objects} files copied ({done.bytes / 1e6:.1f} MB)."
    )
    if done.keys_taken:
        click.echo("The signing keys are in place: restart the server, feeds keep their addresses.")
    elif done.new_addresses:
        click.echo(
            f"{done.new_addresses} feeds have new addresses, since the signing keys did not come "
            "along: `podcast-server feed list` shows them."
        )
    click.echo("Next: podcast-server doctor")
    if done.manifest.missing:
        click.echo(f"{len(done.manifest.missing)} files were missing already.", err=True)
        raise SystemExit(PARTLY)
