"""`show create|list|edit|announcement`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from episodes.artwork import Artwork, prepare_artwork
from episodes.ingest import add_audio
from episodes.links import named_link
from episodes.models import Show
from episodes.shows import create_show, find_show, list_shows, update_show
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from feeds.announcements import (
    KINDS,
    remove_announcement,
    set_announcement,
    store_announcement,
)
from podcast_server.cli.context import (
    Context,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.services import Services, now_utc

_COLUMNS = {"slug": "Show", "title": "Title", "language": "Language", "feed": "Public feed"}


@click.group()
def show() -> None:
    """Shows: make, list and change them."""


def _field_options(command: Any) -> Any:
    options = [
        click.option("--description", help="What the show is about (Markdown)."),
        click.option("--author", help="Who makes it; podcast apps show this."),
        click.option("--owner-name", help="For podcast directories; never in private feeds."),
        click.option("--owner-email", help="For podcast directories; never in private feeds."),
        click.option("--link", help="The show's website, if it is not on this server."),
        click.option("--funding-url", help="Where to give; empty for the show's page here."),
        click.option("--funding-text", help="Its words, such as “Buy us a coffee”."),
        click.option(
            "--elsewhere",
            multiple=True,
            metavar="NAME=ADDRESS",
            help="Where the show is elsewhere on the web, all of them; empty for none.",
        ),
        click.option("--language", help="A code such as en or fr."),
        click.option("--category", "categories", multiple=True, help="Apple's: Arts/Books."),
        click.option("--copyright", help="The name of the rights holder."),
        click.option("--explicit/--clean", default=None, help="Whether it is for adults."),
        click.option("--type", type=click.Choice(["episodic", "serial"])),
        click.option("--time-zone", help="For release times, such as Europe/Paris."),
        click.option(
            "--public-feed",
            type=click.Choice(["teaser", "hidden"]),
            help="Members' episodes in the public feed: title and notes, or nothing.",
        ),
        click.option("--archive-after-days", type=click.IntRange(min=0), help="0 for never."),
        click.option("--archive-after-count", type=click.IntRange(min=0), help="0 for never."),
        click.option(
            "--preview-minutes",
            type=click.IntRange(0, 10),
            help="Everybody hears so much of members' episodes, cut by itself; 0 for nothing.",
        ),
        click.option(
            "--artwork",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Square cover, 1400 to 3000 pixels.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def collect_fields(given: dict[str, Any]) -> dict[str, Any]:
    """The fields somebody gave, with numbers of 0 turned into "never"."""
    categories: tuple[str, ...] = given.pop("categories")
    elsewhere: tuple[str, ...] = given.pop("elsewhere")
    fields = {name: value for name, value in given.items() if value is not None}
    for name in ("archive_after_days", "archive_after_count", "preview_minutes"):
        if name in fields:
            fields[name] = fields[name] or None
    if categories:
        fields["categories"] = [_category(text) for text in categories]
    if elsewhere:
        fields["links"] = [_place(text) for text in elsewhere if text]
    return fields


def store_artwork(services: Services, show_id: int, cover: Artwork) -> str:
    """Store a checked cover; gives its object key."""
    key = artwork_key(show_id, cover.sha256, cover.extension)
    put_bytes(services.storage, key, cover.data, content_type=cover.mime)
    return key


def _place(text: str) -> dict[str, str]:
    """``NAME=ADDRESS``, or an address alone, whose host names it."""
    name, equals, address = text.partition("=")
    named = bool(equals) and "://" not in name
    return named_link(name, address) if named else named_link("", text)


def _category(text: str) -> list[str | None]:
    top, _, sub = text.partition("/")
    return [top.strip(), sub.strip() or None]


@show.command("create")
@click.argument("title")
@click.option("--slug", default="", help="The name in addresses; made from the title if left out.")
@_field_options
@json_option
@pass_context
def create(
    context: Context, /, title: str, slug: str, artwork: Path | None, *, as_json: bool, **given: Any
) -> None:
    """Make a show called TITLE."""
    # Checked first, so that a bad cover leaves no half-made show behind.
    cover = prepare_artwork(artwork.read_bytes()) if artwork else None
    with context.writing() as session:
        made = create_show(
            session,
            title=title,
            slug=slug,
            public_url=context.settings.site.public_url,
            fields=collect_fields(given),
            now=now_utc(),
        )
        if cover is not None:
            made.artwork_key = store_artwork(context.services, made.id, cover)
        row = _row(context, made)
    if as_json:
        print_json(row)
        return
    click.echo(f"Made the show “{title}” ({row['slug']}).")
    click.echo(f"Next: podcast-server episode add *.mp3 --show {row['slug']}")


@show.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List all shows."""
    with context.reading() as session:
        rows = [_row(context, each) for each in list_shows(session)]
    empty = "No shows yet: podcast-server show create “My show”"
    print_rows(rows, columns=_COLUMNS, empty=empty, as_json=as_json)


@show.command("edit")
@click.argument("slug")
@click.option("--title")
@_field_options
@json_option
@pass_context
def edit(
    context: Context, /, slug: str, artwork: Path | None, *, as_json: bool, **given: Any
) -> None:
    """Change fields of the show SLUG; what you leave out stays."""
    fields = collect_fields(given)
    if artwork is not None:
        with context.reading() as session:
            show_id = find_show(session, slug).id
        cover = prepare_artwork(artwork.read_bytes())
        fields["artwork_key"] = store_artwork(context.services, show_id, cover)
    if not fields:
        raise click.UsageError("nothing to change: give at least one option")
    with context.writing() as session:
        changed = find_show(session, slug)
        update_show(session, changed, fields, now_utc())
        row = _row(context, changed)
    if as_json:
        print_json(row)
    else:
        click.echo(f"Changed {', '.join(sorted(fields))} of “{row['title']}”.")


@show.command("announcement")
@click.argument("slug")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--remove", is_flag=True, help="Have none at that moment any more.")
@pass_context
def announcement(
    context: Context, /, slug: str, kind: str, file: Path | None, *, remove: bool
) -> None:
    """Let members of the show SLUG hear FILE in their feed: welcome, payment_failing or ended.

    A welcome stays for the first fourteen days of a membership, the others while they apply.
    """
    if (file is None) != remove:
        raise click.UsageError("give a FILE, or --remove")
    with context.reading() as session:
        show_id = find_show(session, slug).id
    if file is None:
        with context.writing() as session:
            there = remove_announcement(session, show_id, kind, now_utc())
        click.echo("Removed." if there else "There was none.")
        return
    services = context.services
    form = services.settings.ingest.form
    stored = store_announcement(services.storage, show_id, file, convert_to=form)
    with context.writing() as session:
        audio = add_audio(session, show_id, stored, now_utc())
        set_announcement(session, show_id, kind, audio, now_utc())
    click.echo(f"Members hear it from now on ({stored.facts.duration_seconds:.0f} seconds).")


def _row(context: Context, each: Show) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "title": each.title,
        "language": each.language,
        "feed": context.services.addresses.public_feed(each.slug),
        "podcast_guid": each.podcast_guid,
        "funding_url": each.funding_url,
        "funding_text": each.funding_text,
        "links": each.links,
    }
