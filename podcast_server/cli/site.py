"""`site`: how the site looks, as the owner chooses it in the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from episodes.artwork import prepare_logo
from podcast_server.cli.context import Context, json_option, pass_context, print_json
from podcast_server.i18n import LANGUAGES
from podcast_server.reach import Found, ask_at
from podcast_server.services import now_utc
from podcast_server.site.choices import choose
from podcast_server.site.colours import is_colour
from podcast_server.site.logo import remove_logo, use_logo

_IN_THE_WAY: dict[Found, str] = {
    "onward": "leads to this server under another address:",
    "private": "leads into a private network, which nobody outside can reach",
    "another": "something answers there, but not this server (is it running?)",
    "unnamed": "there is no such name",
    "unproven": "has no valid certificate",
    "silent": "nobody answers there",
}


@click.group()
def site() -> None:
    """How the site looks: name, language, colour and logo."""


@site.command("show")
@json_option
@pass_context
def show_site(context: Context, *, as_json: bool) -> None:
    """Show what holds now."""
    now, logo = context.services.site, context.services.logo
    facts = {
        "name": now.name,
        "language": now.language,
        "accent": now.accent,
        "public_url": now.public_url,
        "logo": "" if logo is None else f"{now.public_url}{logo.address}",
    }
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name}: {value or '–'}")


@site.command("edit")
@click.option("--name")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="For those who ask for none.")
@click.option("--accent", help="The colour of buttons, such as #0b5cad.")
@pass_context
def edit_site(context: Context, /, **given: Any) -> None:
    """Change what you name; what is empty ("") goes back to config.toml."""
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise click.UsageError("nothing to change: give at least one option")
    values["accent"] = values.get("accent", "").lower()
    if values["accent"] and not is_colour(values["accent"]):
        raise click.UsageError("a colour is written like #0b5cad")
    if given["accent"] is None:
        del values["accent"]
    if len(values.get("name", "")) > 100:
        raise click.UsageError("a name has at most 100 characters")
    with context.writing() as session:
        choose(session, values, now_utc())
    click.echo(f"Changed {', '.join(sorted(values))}.")


@site.command("try")
@click.argument("address", required=False)
@pass_context
def try_address(context: Context, address: str | None) -> None:
    """Ask at ADDRESS (default: [site] public_url) whether this server answers there."""
    settings = context.settings
    wanted = (address or settings.site.public_url).rstrip("/")
    loopback = settings.imports.allow_loopback
    reached = ask_at(wanted, context.services.tokens, allow_loopback=loopback)
    if reached.found != "here":
        why = f"{_IN_THE_WAY[reached.found]} {reached.there}".strip()
        raise click.ClickException(f"{wanted}: {why}")
    click.echo(f"{wanted} leads to this server.")


@site.command("logo")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--remove", is_flag=True, help="Show the name alone.")
@pass_context
def logo(context: Context, /, file: Path | None, *, remove: bool) -> None:
    """Show FILE (JPEG, PNG, WebP; square or wide) at the head of pages and mails."""
    if (file is None) != remove:
        raise click.UsageError("give a FILE, or --remove")
    made = prepare_logo(file.read_bytes()) if file is not None else None
    with context.writing() as session:
        if made is None:
            remove_logo(session, now_utc())
        else:
            use_logo(session, made, now_utc())
    click.echo("Removed." if made is None else f"In place: {made.width} × {made.height} pixels.")
