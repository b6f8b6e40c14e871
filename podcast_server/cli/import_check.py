"""`import check`: whether the old host has sent everybody here."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.models import FeedImport
from episodes.rss_import.source import Source, open_source, source_from
from episodes.shows import find_show
from podcast_server.cli.context import PARTLY, Context, json_option, pass_context, print_json
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.moving.switch import check_switch, show_here


@click.command("check")
@click.argument("slug", metavar="SHOW")
@click.argument("old_address", required=False)
@json_option
@pass_context
def check(context: Context, slug: str, old_address: str | None, *, as_json: bool) -> None:
    """See whether a show's old feed leads to the new one yet, and what is left to do.

    OLD_ADDRESS may be left out for a show that was brought over by `import feed`.
    """
    desk = open_desk(context.services)
    with context.reading() as session:
        show = find_show(session, slug)
        old = source_from(old_address) if old_address else _known_source(session, show, desk)
        here = show_here(session, show, context.services.addresses.public_feed(show.slug))
    with closing(desk.fetcher(old)) as fetcher:
        findings = check_switch(fetcher, old, here)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        click.echo(f"The feed here is {here.feed_url}")
        for finding in findings:
            mark = click.style("✓", fg="green") if finding.good else click.style("✗", fg="red")
            click.echo(f"{mark} {finding.what}")
            if not finding.good:
                click.echo(f"    {finding.advice}")
    if not all(finding.good for finding in findings):
        raise SystemExit(PARTLY)


def _known_source(session: Session, show: Show, desk: Desk) -> Source:
    found = session.scalars(
        select(FeedImport)
        .where(FeedImport.show_id == show.id, FeedImport.source != "")
        .order_by(FeedImport.id.desc())
    ).first()
    if found is None:
        raise ImportRefused("say where the show came from: `import check SHOW OLD_ADDRESS`")
    return open_source(found.source, desk.vault)
