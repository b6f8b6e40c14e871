"""The root command: finds the configuration, turns our errors into one line and an exit code."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from episodes.errors import EpisodeError
from feeds.errors import FeedError
from podcast_server.accounts.members import AccountError
from podcast_server.backup.errors import BackupError
from podcast_server.billing.errors import BillingError
from podcast_server.cli.context import FAILED, Context
from podcast_server.database import DatabaseError
from podcast_server.logs import redact
from podcast_server.moving.errors import MoveError
from podcast_server.settings import SettingsError, find_config
from podcast_server.watching.errors import WatchError

OUR_ERRORS = (
    EpisodeError,
    FeedError,
    AccountError,
    BillingError,
    DatabaseError,
    SettingsError,
    BackupError,
    MoveError,
    WatchError,
)


# Where each command is. Loading all takes a third of what a command takes, so only the wanted one
# is loaded.
_COMMANDS = {
    "backup": "backup.backup",
    "backups": "backups.backups",
    "demo": "demo.demo",
    "doctor": "doctor.doctor",
    "episode": "episode.episode",
    "export": "exporting.export",
    "feed": "feed.feed",
    "import": "importing.import_",
    "init": "setup.init",
    "keys": "keys.keys",
    "mail": "mail.mail",
    "member": "member.member",
    "migrate": "setup.migrate",
    "move": "move.move",
    "payments": "payments.payments",
    "restore": "backup.restore",
    "serve": "serve.serve",
    "sharing": "sharing.sharing",
    "show": "show.show",
    "site": "site.site",
    "studio": "studio.studio",
    "watch": "watch.watch",
    "worker": "serve.worker",
}


class _Root(click.Group):
    """Loads the command that is wanted, and shows an error of ours as a sentence instead of a
    traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(".")
        command = getattr(_load(f"podcast_server.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OUR_ERRORS as error:
            click.secho(f"Error: {error}", fg="red", err=True)
            ctx.exit(FAILED)
        except OperationalError as error:
            click.secho(f"Error: the database cannot be used: {redact(str(error.orig))}", err=True)
            click.echo("`podcast-server doctor` checks the set-up.", err=True)
            ctx.exit(FAILED)


def _load(name: str) -> ModuleType:
    """A module, without looking for garbage, of which loading leaves none: see __init__.py."""
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The configuration file (default: config.toml here, or $PODCAST_SERVER_CONFIG).",
)
@click.version_option(package_name="podcast-server", prog_name="podcast-server")
@click.pass_context
def root(ctx: click.Context, config: Path | None) -> None:
    """Paid podcast feeds from your own server.

    Start with `podcast-server demo`, or `init`, `show create`, `episode add`, `member add`
    and `serve`. Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part.
    """
    ctx.obj = Context(config or find_config(os.environ), os.environ)
    ctx.call_on_close(ctx.obj.close)


@root.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    bash: eval "$(podcast-server completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root, {}, "podcast-server", "_PODCAST_SERVER_COMPLETE").source())


def main() -> None:
    """Run the command line."""
    sys.exit(root(prog_name="podcast-server"))
