"""Shows and their downloads."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request
from sqlalchemy import select

from episodes.links import named_link
from episodes.models import Show, Tier
from episodes.shows import update_show
from feeds.downloads.reports import Period, downloads_per_day
from podcast_server.accounts.staff.roles import shows_of
from podcast_server.api.v1 import shapes
from podcast_server.api.v1.door import Refused, doing, operation, the_person, the_show
from podcast_server.database import reading
from podcast_server.pages.wiring import current_time, the_services

MOST_DAYS = 731


@operation("GET", "/shows", needs=None, answer=list[shapes.Show])
def shows() -> list[shapes.Show]:
    """The shows that the key's person works on"""
    with reading(the_services().engine) as database:
        return [_told(show, list(show.tiers)) for show in shows_of(database, the_person())]


@operation("GET", "/shows/<slug>", needs="analyst", answer=shapes.Show)
def show(slug: str) -> shapes.Show:
    """One show"""
    with reading(the_services().engine) as database:
        tiers = database.scalars(
            select(Tier).where(Tier.show_id == the_show().id).order_by(Tier.position)
        )
        return _told(the_show(), list(tiers))


@operation("PATCH", "/shows/<slug>", needs="editor", body=shapes.ShowChange, answer=shapes.Show)
def change_show(slug: str, body: shapes.ShowChange) -> shapes.Show:
    """Change where to give, and where the show is elsewhere; nothing else"""
    fields = body.model_dump(exclude_unset=True, exclude_none=True)
    if body.links is not None:
        fields["links"] = [named_link(link.text, link.url) for link in body.links]
    with doing("show.change", slug) as database:
        found = database.get_one(Show, the_show().id)
        update_show(database, found, fields, current_time())
        return _told(found, list(found.tiers))


def _told(found: Show, tiers: list[Tier]) -> shapes.Show:
    addresses = the_services().addresses
    return shapes.Show(
        slug=found.slug,
        title=found.title,
        description=found.description,
        language=found.language,
        time_zone=found.time_zone,
        podcast_guid=found.podcast_guid,
        feed=addresses.public_feed(found.slug),
        page=addresses.show(found.slug),
        tiers=[shapes.Tier(id=tier.id, name=tier.name) for tier in tiers],
        funding_url=found.funding_url,
        funding_text=found.funding_text,
        links=[shapes.Link(**link) for link in found.links],
    )


@operation("GET", "/shows/<slug>/downloads", needs="analyst", answer=list[shapes.DayCount])
def downloads(slug: str) -> list[shapes.DayCount]:
    """Downloads for each day (UTC); ?from= and ?to=, the last 30 days otherwise; ?episode="""
    today = current_time().date()
    last = _day("to", today)
    first = _day("from", last - timedelta(days=29))
    if (last - first).days >= MOST_DAYS or last < first:
        raise Refused(422, f"Ask for at most {MOST_DAYS} days, the earlier one first")
    with reading(the_services().engine) as database:
        days = downloads_per_day(
            database, the_show().id, Period(first, last), request.args.get("episode")
        )
    return [shapes.DayCount(day=day, downloads=count.downloads) for day, count in days]


def _day(name: str, otherwise: date) -> date:
    text = request.args.get(name)
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise Refused(422, "A day is written 2026-12-24", {name: str(text)[:40]}) from None
