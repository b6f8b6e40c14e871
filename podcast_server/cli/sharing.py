"""`sharing list|policy`: feeds in more hands than one, and how far things go by themselves."""

from __future__ import annotations

import click

from episodes.shows import find_show
from feeds.models import PrivateFeed
from feeds.sharing.policy import Wishes
from feeds.sharing.watch import figures_of, open_cases, set_wishes, wishes_of
from podcast_server.accounts.models import Member
from podcast_server.accounts.sharing import sharing_policy
from podcast_server.cli.context import Context, json_option, pass_context, print_rows
from podcast_server.services import now_utc

_COLUMNS = {
    "member": "Member",
    "feed": "Feed",
    "copies": "Most copies",
    "noticed": "Noticed",
    "mailed": "Member asked",
}


@click.group()
def sharing() -> None:
    """Feeds that look shared."""


@sharing.command("list")
@json_option
@pass_context
def list_cases(context: Context, *, as_json: bool) -> None:
    """List the feeds that are fetched more widely than one member does."""
    since = (now_utc() - sharing_policy(context.settings.feeds).window).date()
    rows = []
    with context.reading() as session:
        for case in open_cases(session):
            feed = session.get_one(PrivateFeed, case.feed_id)
            days = figures_of(session, feed.id, since).values()
            rows.append(
                {
                    "member": session.get_one(Member, feed.member_id).email,
                    "feed": feed.name,
                    "copies": max((day.copies for day in days), default=0),
                    "noticed": case.noticed_at,
                    "mailed": case.mailed_at,
                }
            )
    print_rows(rows, columns=_COLUMNS, empty="No feed looks shared.", as_json=as_json)


@sharing.command("policy")
@click.argument("slug")
@click.option("--mail/--no-mail", default=None, help="Ask the member by mail after a week.")
@click.option("--reset/--no-reset", default=None, help="Reset the feed a week after the mail.")
@pass_context
def policy(context: Context, slug: str, mail: bool | None, reset: bool | None) -> None:
    """Show or set how far things go by themselves for the show SLUG."""
    with context.services.sessions.begin() as session:
        show = find_show(session, slug)
        before = wishes_of(session, show.id)
        wishes = Wishes(
            before.mails_member if mail is None else mail,
            before.resets if reset is None else reset,
        )
        if wishes != before:
            set_wishes(session, show.id, wishes)
    asks = "the member is asked by mail" if wishes.mails_member else "nobody is written to"
    resets = "the feed is reset" if wishes.resets else "the feed is left as it is"
    click.echo(f"{slug}: you are told; a week later {asks}; another week later {resets}.")
