"""`demo`: a working server with a sample show, from nothing, in one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from podcast_server.cli.context import Context, pass_context
from podcast_server.cli.feed import print_qr
from podcast_server.cli.serve import require_free_port, run_server
from podcast_server.cli.setup import initialise
from podcast_server.cli.studio import make_link
from podcast_server.demo.sample import LAPSED, OWNER, PAYING, DemoLinks, fill_with_samples
from podcast_server.logs import set_up_logging
from podcast_server.services import now_utc, open_services
from podcast_server.settings import PREFIX, load_settings

FOLDER = "demo-data"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="This machine's address in your network, so that a phone can scan and listen.",
)
@click.option("--no-serve", is_flag=True, help="Only make the sample data.")
@pass_context
def demo(context: Context, port: int, host: str, *, no_serve: bool) -> None:
    """Set up a sample show with members and serve it. Keeps to the folder demo-data.

    Running it again changes nothing that is there.
    """
    overrides = {
        PREFIX + "DATA_FOLDER": FOLDER,
        PREFIX + "SITE__PUBLIC_URL": f"http://{host}:{port}",
        PREFIX + "SERVER__PORT": str(port),
    }
    if not no_serve:
        require_free_port(host, port)
    os.environ.update(overrides)
    settings = load_settings(context.config, {**context.environ, **overrides})
    set_up_logging(settings.log)
    initialise(settings, upgrade=True)
    services = open_services(settings)
    links = fill_with_samples(services, now_utc())
    studio = make_link(services, OWNER)
    services.close()
    _introduce(links, studio, program=_program(), serving=not no_serve)
    if not no_serve:
        if context.config is not None:
            os.environ[PREFIX + "CONFIG"] = str(context.config.absolute())
        run_server(settings, host, port)


def _program() -> str:
    """How this command was called, so that what is printed can be typed."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "podcast-server" else "podcast-server"


def _introduce(links: DemoLinks, studio: str, *, program: str, serving: bool) -> None:
    def heading(text: str) -> None:
        click.echo()
        click.secho(text, bold=True)

    heading("The studio, where the show is made (the link works once, for fifteen minutes)")
    click.echo(f"  {studio}")
    heading("The show's page, as everybody sees it")
    click.echo(f"  {links.show_page}")
    click.echo(f"  {links.public_feed}   (public feed)")
    heading(f"The private feed of {PAYING}, a paying member")
    click.echo(f"  {links.member_feed}")
    print_qr(links.member_feed)
    heading(f"The private feed of {LAPSED}, whose membership ended")
    click.echo(f"  {links.lapsed_feed}")
    heading("What to do next")
    click.echo("  1. Add the first private feed to a podcast app on this machine, and listen.")
    click.echo("  2. Publish an episode of your own in the studio, or from another terminal:")
    click.echo(f"       export {PREFIX}DATA_FOLDER={FOLDER}")
    click.echo(f"       {program} episode add your-file.mp3 --show harbour")
    click.echo("  3. End a membership, and watch the feed follow:")
    click.echo(f"       {program} member revoke {PAYING} --show harbour")
    click.echo(f"  4. For your own show: {program} init, and read README.md.")
    if serving:
        click.echo()
        click.secho("Ctrl-C stops the server.", dim=True)
