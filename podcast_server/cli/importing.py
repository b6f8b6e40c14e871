"""`import`: what comes from elsewhere. Each subcommand is a module of its own."""

from __future__ import annotations

import click


@click.group("import")
def import_() -> None:
    """Move in from another host."""
