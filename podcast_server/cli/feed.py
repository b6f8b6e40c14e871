"""`feed url|list|add|rotate|revoke|preview`."""

from __future__ import annotations

import time
from datetime import timedelta

import click
import segno
from sqlalchemy.orm import Session

from episodes.shows import find_show
from feeds.access import parse_windows, told_at
from feeds.grants import Cause
from feeds.health.look import look_at_show
from feeds.health.rule import LEVELS
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import (
    feed_url,
    feeds_of,
    find_feed,
    open_feed,
    replace_feed,
    revoke_feed,
)
from feeds.rendering.assemble import Assembler
from feeds.rendering.sentinels import SENTINELS
from feeds.rendering.write import write_feed
from feeds.tokens import FEED, MEDIA, REPORT
from podcast_server.accounts.members import find_member
from podcast_server.billing.single_sales import sold_episodes
from podcast_server.cli.context import (
    PARTLY,
    Context,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.services import now_utc

show_option = click.option("--show", "slug", required=True, help="Of which show.")
name_option = click.option("--name", help="Which of their feeds; left out: the first.")


@click.group()
def feed() -> None:
    """Private feeds: show, add, reset, close and preview them."""


def _find(session: Session, email: str, slug: str, name: str | None) -> PrivateFeed:
    show = find_show(session, slug)
    found = find_feed(session, find_member(session, email).id, show.id, name)
    if found is None:
        which = f" called “{name}”" if name else ""
        raise click.ClickException(f"{email} has no open feed{which} of {slug}")
    return found


@feed.command("url")
@click.argument("email")
@show_option
@name_option
@click.option("--qr", is_flag=True, help="Also draw a QR code.")
@json_option
@pass_context
def url(
    context: Context, email: str, slug: str, name: str | None, *, qr: bool, as_json: bool
) -> None:
    """Print the secret address of EMAIL's feed."""
    with context.reading() as session:
        found = _find(session, email, slug, name)
        address = feed_url(context.services.tokens, context.settings.site.public_url, found)
    if as_json:
        print_json({"email": email, "show": slug, "name": found.name, "feed": address})
        return
    click.echo(address)
    if qr:
        print_qr(address)


def print_qr(text: str) -> None:
    """Draw a QR code in the terminal."""
    segno.make(text, error="m").terminal(compact=True)


@feed.command("list")
@click.argument("email")
@json_option
@pass_context
def list_(context: Context, email: str, *, as_json: bool) -> None:
    """List all feeds EMAIL ever had, with the app that fetched each last."""
    with context.reading() as session:
        rows = [
            {
                "show_id": each.show_id,
                "name": each.name,
                "state": each.state,
                "last_app": each.last_app,
                "last_fetch": each.last_fetched_at,
            }
            for each in feeds_of(session, find_member(session, email).id)
        ]
    columns = {"name": "Name", "state": "State", "last_app": "App", "last_fetch": "Last fetch"}
    print_rows(rows, columns=columns, empty="No feeds.", as_json=as_json)


@feed.command("add")
@click.argument("email")
@show_option
@click.option("--name", required=True, help="What it is for: phone, car …")
@pass_context
def add(context: Context, email: str, slug: str, name: str) -> None:
    """Give EMAIL another feed of the show, to be reset or closed on its own."""
    with context.writing() as session:
        show = find_show(session, slug)
        made = open_feed(
            session,
            member_id=find_member(session, email).id,
            show_id=show.id,
            name=name,
            signing_key=context.services.tokens.newest,
            now=now_utc(),
        )
        address = feed_url(context.services.tokens, context.settings.site.public_url, made)
    click.echo(address)


@feed.command("rotate")
@click.argument("email")
@show_option
@name_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def rotate(
    context: Context, email: str, slug: str, name: str | None, *, yes: bool, as_json: bool
) -> None:
    """Reset EMAIL's feed: a new address; the old one only says that it was replaced."""
    if not yes:
        click.confirm(f"The old address of {email} stops playing. Go on?", abort=True)
    settings, tokens = context.settings, context.services.tokens
    with context.writing() as session:
        fresh = replace_feed(
            session,
            _find(session, email, slug, name),
            signing_key=tokens.newest,
            notice=timedelta(days=settings.feeds.replaced_notice_days),
            cause=Cause("cli", "reset by hand"),
            now=now_utc(),
        )
        address = feed_url(tokens, settings.site.public_url, fresh)
    if as_json:
        print_json({"email": email, "show": slug, "feed": address})
    else:
        click.echo(address)


@feed.command("revoke")
@click.argument("email")
@show_option
@name_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def revoke(context: Context, email: str, slug: str, name: str | None, *, yes: bool) -> None:
    """Close one feed of EMAIL for good, without a successor."""
    if not yes:
        click.confirm(f"Close this feed of {email} for good?", abort=True)
    with context.writing() as session:
        found = _find(session, email, slug, name)
        revoke_feed(session, found, cause=Cause("cli", "closed by hand"), now=now_utc())
    click.echo("Closed.")


@feed.command("preview")
@click.argument("email")
@show_option
@name_option
@pass_context
def preview(context: Context, email: str, slug: str, name: str | None) -> None:
    """Print the feed document exactly as EMAIL's app gets it now."""
    services, now = context.services, time.time()
    with context.reading() as session:
        found = _find(session, email, slug, name)
        access = session.get(Access, (found.member_id, found.show_id))
        seen_by = told_at(parse_windows(access.windows if access else "[]"), now)
    assembled = Assembler(services.engine, services.addresses)(found.show_id, seen_by, now)
    document = write_feed(assembled.document).decode()
    for sentinel, kind in zip(SENTINELS, (FEED, MEDIA, REPORT), strict=True):
        token = services.tokens.mint(kind, found.key, found.signing_key)
        document = document.replace(sentinel, token)
    click.echo(document)


@feed.command("check")
@click.argument("slug")
@json_option
@pass_context
def check(context: Context, slug: str, *, as_json: bool) -> None:
    """Say what apps and directories would find wanting in the show SLUG and its episodes.

    Ends with 3 where something keeps it out of directories or apps.
    """
    with context.reading() as session:
        show = find_show(session, slug)
        sold = sold_episodes(session, show.id, now_utc())
        found = look_at_show(session, show, context.services.addresses, now_utc(), sold)
    found.sort(key=lambda each: LEVELS.index(each.level))
    rows = [
        {"level": each.level, "code": each.code, "message": each.message, "where": each.where}
        for each in found
    ]
    columns = {"level": "Weight", "message": "What"}
    print_rows(rows, columns=columns, empty="Nothing is wanting.", as_json=as_json)
    if any(each.level == "error" for each in found):
        raise SystemExit(PARTLY)
