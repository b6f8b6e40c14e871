"""The root command: finds the configuration, turns our errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from episodes.errors import EpisodeError
from feeds.errors import FeedError
from podcast_server.accounts.members import AccountError
from podcast_server.backup.errors import BackupError
from podcast_server.billing.errors import BillingError
from podcast_server.cli.backup import backup, restore
from podcast_server.cli.backups import backups
from podcast_server.cli.context import FAILED, Context
from podcast_server.cli.demo import demo
from podcast_server.cli.doctor import doctor
from podcast_server.cli.episode import episode
from podcast_server.cli.exporting import export
from podcast_server.cli.feed import feed
from podcast_server.cli.importing import import_
from podcast_server.cli.keys import keys
from podcast_server.cli.mail import mail
from podcast_server.cli.member import member
from podcast_server.cli.move import move
from podcast_server.cli.payments import payments
from podcast_server.cli.serve import serve, worker
from podcast_server.cli.setup import init, migrate
from podcast_server.cli.sharing import sharing
from podcast_server.cli.show import show
from podcast_server.cli.site import site
from podcast_server.cli.studio import studio
from podcast_server.cli.watch import watch
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


class _Root(click.Group):
    """Shows an error of ours as a sentence instead of a traceback."""

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


for command in (
    demo,
    init,
    serve,
    worker,
    backup,
    backups,
    restore,
    import_,
    export,
    move,
    migrate,
    doctor,
    keys,
    show,
    site,
    studio,
    episode,
    watch,
    member,
    feed,
    payments,
    mail,
    sharing,
):
    root.add_command(command)


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
