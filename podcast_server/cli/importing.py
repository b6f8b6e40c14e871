"""`import`: what comes from elsewhere. Each subcommand is a module of its own."""

from __future__ import annotations

import click

from podcast_server.cli.import_archive import archive
from podcast_server.cli.import_members import members


@click.group("import")
def import_() -> None:
    """Move in from another host."""


import_.add_command(archive)
import_.add_command(members)
