"""`import list|invite|undo|address`: what comes after members were brought over."""

from __future__ import annotations

from typing import Any

import click
from rich.progress import Progress as Bar
from sqlalchemy.orm import Session

from episodes.shows import find_show
from podcast_server.cli.context import (
    Context,
    console,
    json_option,
    pass_context,
    print_rows,
)
from podcast_server.jobs.imports import add_link_of, desk_of, hosts_here
from podcast_server.moving.members.imports import find_import, list_imports, progress_of
from podcast_server.moving.members.invite import pause_inviting, post_invitations, start_inviting
from podcast_server.moving.members.models import MemberImport
from podcast_server.moving.members.paths import PATH_SECRET, keep_public_path, old_host
from podcast_server.moving.members.undo import begin_undo, carry_on_undoing
from podcast_server.services import now_utc


@click.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """All imports of members, and how far they are."""
    with context.reading() as session:
        rows = [_row(session, each) for each in list_imports(session)]
    columns = {
        "import": "Import",
        "file": "File",
        "begun": "Begun",
        "state": "State",
        "given": "Given",
        "left": "Left out",
        "problems": "Problems",
        "invited": "Invited",
        "in_app": "In an app",
    }
    empty = "No imports yet: podcast-server import members FILE --plan …"
    print_rows(rows, columns=columns, empty=empty, as_json=as_json)


def _row(session: Session, each: MemberImport) -> dict[str, Any]:
    progress = progress_of(session, each)
    total = progress.invited + progress.to_invite
    return {
        "import": each.id,
        "file": each.file_name,
        "begun": each.created_at,
        "state": f"{each.state}: {each.problem}" if each.problem else each.state,
        "given": progress.states["done"] + progress.states["kept"],
        "left": progress.states["left"],
        "problems": progress.states["problem"],
        "invited": f"{progress.invited} of {total} {each.inviting}".rstrip(),
        "in_app": progress.in_app,
    }


@click.command("invite")
@click.argument("number", type=int)
@click.option("--pause", is_flag=True, help="Send no more for now.")
@click.option("--resume", is_flag=True, help="Go on after a pause.")
@pass_context
def invite(context: Context, number: int, *, pause: bool, resume: bool) -> None:
    """Mail everybody whom import NUMBER made a member the buttons that add their feed.

    The running server (or `worker`) sends them, some every minute; nobody is mailed twice.
    """
    if pause and resume:
        raise click.UsageError("give --pause or --resume, not both")
    now = now_utc()
    with context.writing() as session:
        row = find_import(session, number)
        if pause:
            pause_inviting(session, row)
        else:
            start_inviting(session, row)
    if not pause:
        services = context.services
        site = services.site.name
        post_invitations(desk_of(services), site, add_link_of(services), now)
    with context.reading() as session:
        row = find_import(session, number)
        progress = progress_of(session, row)
    total = progress.invited + progress.to_invite
    word = {"running": "more follow", "paused": "paused", "done": "all of them"}.get(row.inviting)
    click.echo(f"{progress.invited} of {total} invited, {word or 'not begun'}.")


@click.command("undo")
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def undo(context: Context, number: int, *, yes: bool) -> None:
    """End what import NUMBER gave, and only that.

    Subscriptions that were taken over run on at Stripe and are no longer known here, except
    those that were paid since. People who never did anything are removed.
    """
    if not yes:
        click.confirm(f"Take back everything that import {number} gave?", abort=True)
    with context.writing() as session:
        begin_undo(session, find_import(session, number))
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(f"Taking back import {number}", total=None)
        carry_on_undoing(
            desk_of(context.services),
            number,
            now_utc(),
            lambda done, _all: bar.update(task, completed=done),
        )
    with context.reading() as session:
        states = progress_of(session, find_import(session, number)).states
    kept = f" {states['kept']} have paid since and keep it." if states["kept"] else ""
    click.echo(f"Import {number} is taken back for {states['undone']} people.{kept}")


@click.command("address")
@click.argument("slug", metavar="SHOW")
@click.argument("address_", metavar="ADDRESS")
@pass_context
def address(context: Context, slug: str, address_: str) -> None:
    """Let ADDRESS, where the public feed of SHOW was before, lead to the feed here.

    For hosts whose name points at this server, see [site] old_hosts.
    """
    secret = context.services.tokens.derive(PATH_SECRET)
    with context.writing() as session:
        show = find_show(session, slug)
        kept = keep_public_path(session, secret, show, address_, now_utc())
    name = old_host(address_)
    if name and name not in hosts_here(context.services):
        click.echo(f"Point {name} at this server, and add it to [site] old_hosts.")
    click.echo(f"{kept} leads to {context.settings.site.public_url}/shows/{slug}/feed.xml")
