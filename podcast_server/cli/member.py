"""`member add|list|show|revoke`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.shows import find_show, find_tier
from feeds.access import entitlement_at, parse_windows
from feeds.grants import Cause, end_grant, give_grant, grants_of, ledger_of
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import ensure_feed, feed_url, feeds_of, revoke_feed
from podcast_server.accounts.members import ensure_member, find_member, list_members
from podcast_server.accounts.models import Member
from podcast_server.billing.changes import cancel_subscription
from podcast_server.billing.leaving import running_subscriptions
from podcast_server.cli.context import (
    Context,
    Moment,
    in_zone,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.i18n import spoken_or
from podcast_server.services import now_utc


@click.group()
def member() -> None:
    """Members: add, list, look at and end memberships."""


@member.command("add")
@click.argument("email")
@click.option("--show", "slug", required=True, help="Which show they may hear.")
@click.option("--name", default="", help="Their name, if known.")
@click.option("--tier", help="A tier of the show, by name.")
@click.option("--until", type=Moment(), help="When the membership ends; left out: never.")
@click.option("--days", type=click.IntRange(min=1), help="How many days it lasts instead.")
@click.option("--free", is_flag=True, help="Only the free feed, without membership.")
@click.option("--reason", default="", help="Kept in the member's ledger.")
@json_option
@pass_context
def add(
    context: Context,
    email: str,
    slug: str,
    name: str,
    tier: str | None,
    until: datetime | None,
    days: int | None,
    *,
    free: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Add EMAIL, give a membership by hand, and print the private feed address."""
    if until is not None and days is not None:
        raise click.UsageError("give --until or --days, not both")
    now = now_utc()
    with context.writing() as session:
        show = find_show(session, slug)
        language = spoken_or(context.settings.site.language, show.language)
        who = ensure_member(session, email, name=name, now=now, locale=language)
        ends = now + timedelta(days=days) if days else in_zone(until, show.time_zone)
        if not free:
            give_grant(
                session,
                member_id=who.id,
                show_id=show.id,
                scope="tier" if tier else "show",
                scope_id=find_tier(session, show, tier).id if tier else 0,
                starts_at=now,
                ends_at=ends,
                source="manual",
                cause=Cause("cli", reason or "added by hand"),
                now=now,
            )
        feed = ensure_feed(
            session,
            member_id=who.id,
            show_id=show.id,
            signing_key=context.services.tokens.newest,
            now=now,
        )
        address = feed_url(context.services.tokens, context.settings.site.public_url, feed)
        row = {"email": who.email, "show": show.slug, "until": ends, "feed": address}
    if as_json:
        print_json(row)
        return
    click.echo(f"{row['email']} is a member of {slug}. Their private feed:")
    click.echo(address)


@member.command("list")
@click.option("--show", "slug", help="Only this show's.")
@json_option
@pass_context
def list_(context: Context, slug: str | None, *, as_json: bool) -> None:
    """List members with the state of their memberships."""
    now = now_utc()
    with context.reading() as session:
        wanted = find_show(session, slug).id if slug else None
        rows = []
        for who in list_members(session):
            rows += [
                {"email": who.email, "name": who.name, "show": show_slug, "state": state}
                for show_slug, state in _states(session, who, now, wanted)
            ]
    columns = {"email": "Member", "name": "Name", "show": "Show", "state": "State"}
    print_rows(
        rows,
        columns=columns,
        empty="No members yet: podcast-server member add you@example.org --show …",
        as_json=as_json,
    )


def _states(
    session: Session, who: Member, now: datetime, wanted: int | None
) -> list[tuple[str, str]]:
    shows = {feed.show_id for feed in feeds_of(session, who.id)}
    shows |= {grant.show_id for grant in grants_of(session, who.id)}
    return [
        (session.get_one(Show, show_id).slug, _state(session, who.id, show_id, now))
        for show_id in sorted(shows)
        if wanted in {None, show_id}
    ]


def _state(session: Session, member_id: int, show_id: int, now: datetime) -> str:
    row = session.get(Access, (member_id, show_id))
    entitlement = entitlement_at(parse_windows(row.windows if row else "[]"), now.timestamp())
    if entitlement.is_member:
        return "card failing" if entitlement.notice else "active"
    return "lapsed" if entitlement.notice else "free"


@member.command("show")
@click.argument("email")
@json_option
@pass_context
def show_(context: Context, email: str, *, as_json: bool) -> None:
    """Everything about one member: memberships, feeds and the ledger."""
    now = now_utc()
    with context.reading() as session:
        who = find_member(session, email)
        details = {
            "email": who.email,
            "name": who.name,
            "since": who.created_at,
            "memberships": [
                {"show": slug, "state": state} for slug, state in _states(session, who, now, None)
            ],
            "feeds": [_feed_row(session, each) for each in feeds_of(session, who.id)],
            "ledger": [
                {"at": e.at, "action": e.action, "by": e.actor, "why": e.reason, "until": e.ends_at}
                for e in ledger_of(session, who.id)
            ],
        }
    if as_json:
        print_json(details)
        return
    click.secho(f"{who.email}  {who.name}", bold=True)
    _print_part("Memberships", details["memberships"], ("show", "state"))
    _print_part("Feeds", details["feeds"], ("show", "name", "state", "last_app", "last_fetch"))
    _print_part("Ledger", details["ledger"], ("at", "action", "by", "why", "until"))


def _feed_row(session: Session, each: PrivateFeed) -> dict[str, Any]:
    return {
        "show": session.get_one(Show, each.show_id).slug,
        "name": each.name,
        "state": each.state,
        "last_app": each.last_app,
        "last_fetch": each.last_fetched_at,
    }


def _print_part(title: str, rows: Any, columns: tuple[str, ...]) -> None:
    click.echo()
    click.secho(title, bold=True)
    titles = {name: name.replace("_", " ").capitalize() for name in columns}
    print_rows(rows, columns=titles, empty="None.", as_json=False)


@member.command("revoke")
@click.argument("email")
@click.option("--show", "slug", required=True, help="Of which show.")
@click.option("--close-feeds", is_flag=True, help="Also close their feeds for good (410).")
@click.option("--reason", default="", help="Kept in the member's ledger.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def revoke(
    context: Context, email: str, slug: str, *, close_feeds: bool, reason: str, yes: bool
) -> None:
    """End EMAIL's memberships of a show now. Their feed stays, with the free episodes.

    Running payments that open the show are cancelled too, also where they open others.
    """
    if not yes:
        question = f"End the membership of {email} in {slug} now, and any payments for it?"
        click.confirm(question, abort=True)
    now = now_utc()
    cause = Cause("cli", reason or "ended by hand")
    with context.writing() as session:
        show = find_show(session, slug)
        who = find_member(session, email)
        for grant in grants_of(session, who.id, show.id):
            end_grant(session, grant, at=now, cause=cause, now=now)
        if close_feeds:
            for each in feeds_of(session, who.id, show.id):
                revoke_feed(session, each, cause=cause, now=now)
    _stop_payments(context, who.id, show.id)
    click.echo(f"{email} no longer hears members' episodes of {slug}.")


def _stop_payments(context: Context, member_id: int, show_id: int) -> None:
    """Cancel what would go on taking money, and would open the show again."""
    with context.reading() as session:
        running = [
            each
            for each in running_subscriptions(session, member_id)
            if each.plan is not None and any(o.show_id == show_id for o in each.plan.opens)
        ]
    for each in running:
        cancel_subscription(context.services.till, each, at_once=True, by="cli", now=now_utc())
        click.echo(f"Cancelled the payments of {each.ref}.")
