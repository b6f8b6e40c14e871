"""`import`: what comes from elsewhere. Each subcommand is a module of its own."""

from __future__ import annotations

import click

from podcast_server.cli.import_archive import archive
from podcast_server.cli.import_check import check
from podcast_server.cli.import_feed import feed, feeds, resume, stop
from podcast_server.cli.import_members import members
from podcast_server.cli.import_rounds import address, invite, list_, undo


@click.group("import")
def import_() -> None:
    """Move in from another host."""


for command in (feed, feeds, resume, stop, check, members, list_, invite, undo, address, archive):
    import_.add_command(command)
