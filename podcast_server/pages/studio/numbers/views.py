"""``…/numbers``: members, money and downloads; each table as CSV too."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import abort, make_response, render_template, request
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode
from feeds.downloads.reports import (
    SPANS,
    Period,
    downloads_by,
    downloads_per_day,
    downloads_per_episode,
    most_active,
)
from podcast_server.accounts.completion import completions
from podcast_server.accounts.models import Member
from podcast_server.accounts.roster import Wanted, list_roster
from podcast_server.accounts.staff.roles import may
from podcast_server.billing.numbers import (
    members_now,
    monthly_revenue,
    months_of_members,
    plans_in_numbers,
)
from podcast_server.database import reading
from podcast_server.pages.studio.cells import harmless
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_role, the_show
from podcast_server.pages.studio.numbers.figures import (
    Month,
    Share,
    Table,
    plain,
    shown,
    with_cells,
)
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("numbers", __name__)
RANGES = (30, 90, 365)


@blueprint.get("/shows/<slug>/numbers")
@needs("analyst")
def page(slug: str) -> Response:
    show_id, now, days = the_show().id, current_time(), _days()
    silent = Wanted(state="member", fetched="never")
    with reading(the_services().engine) as database:
        tables = {
            name: table(database, show_id, now, days)
            for name, table in TABLES.items()
            if _may_see(name)
        }
        facts = {
            "members": members_now(database, show_id, now),
            "revenue": monthly_revenue(database, show_id),
            "silent": list_roster(database, show_id, silent, now)[1],
            "tables": {name: with_cells(table, shown) for name, table in tables.items()},
            "downloads": sum(count for _day, count in tables["downloads"][1]),
            "charts": {
                "downloads": _chart(tables["downloads"], 1),
                "members": _chart(tables["members"], 4),
            },
        }
    s3 = the_services().settings.storage.backend == "s3"
    return make_response(
        render_template(
            "studio/numbers/numbers.html", days=days, ranges=RANGES, request_based=s3, **facts
        )
    )


def _chart(table: Table, column: int) -> dict[str, object]:
    """What the chart of a table draws: its first column across, another one up."""
    headings, rows = with_cells(table, plain)
    return {
        "name": headings[column],
        "labels": [row[0] for row in rows],
        "values": [row[column] for row in rows],
    }


def _may_see(name: str) -> bool:
    """Analysts see numbers and no people."""
    return name not in PERSONAL or may(the_role(), "editor")


def _days() -> int:
    asked = request.args.get("days", 30, type=int)
    return asked if asked in RANGES else RANGES[0]


@blueprint.get("/shows/<slug>/numbers/<name>.csv")
@needs("analyst")
def export(slug: str, name: str) -> Response:
    table = TABLES.get(name)
    if table is None or not _may_see(name):
        abort(404)
    with reading(the_services().engine) as database:
        found = table(database, the_show().id, current_time(), _days())
    with doing("numbers.export", name):
        pass
    headings, rows = with_cells(found, plain)
    sheet = io.StringIO()
    csv.writer(sheet).writerows([headings, *(map(harmless, row) for row in rows)])
    response = make_response(sheet.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _members(database: Session, show_id: int, now: datetime, _days: int) -> Table:
    headings = (
        gettext("Month"), gettext("New"), gettext("Lost"), gettext("Net"),
        gettext("Members"), gettext("Churn"),
    )  # fmt: skip
    months = months_of_members(database, show_id, now)
    return headings, [
        (
            Month(each.first),
            each.new,
            each.lost,
            each.new - each.lost,
            each.members,
            Share(each.churn, 1),
        )
        for each in months
    ]


def _downloads(database: Session, show_id: int, now: datetime, days: int) -> Table:
    per_day = downloads_per_day(database, show_id, _period(now, days))
    headings = (gettext("Day"), gettext("Downloads"))
    return headings, [(day, count.downloads) for day, count in per_day]


def _episodes(database: Session, show_id: int, _now: datetime, _days: int) -> Table:
    rows = database.execute(select(Episode.key, Episode.title).where(Episode.show_id == show_id))
    titles = {row[0]: row[1] for row in rows}
    spans = [gettext("First %(num)d days", num=span) for span in SPANS]
    return (gettext("Episode"), *spans, gettext("In all")), [
        (
            titles[each.episode_key],
            *("" if (c := each.first_days[span]) is None else c.downloads for span in SPANS),
            each.total.downloads,
        )
        for each in downloads_per_episode(database, show_id)
    ]


def _apps(database: Session, show_id: int, now: datetime, days: int) -> Table:
    found = downloads_by(database, "app", show_id, _period(now, days))
    total = sum(count.downloads for _app, count in found) or 1
    return (gettext("App"), gettext("Downloads"), gettext("Share")), [
        (app or gettext("Unknown"), count.downloads, Share(count.downloads / total))
        for app, count in found
    ]


def _plans(database: Session, show_id: int, now: datetime, days: int) -> Table:
    headings = (
        gettext("Plan"), gettext("Pay now"), gettext("New"), gettext("Lost"), gettext("Net"),
    )  # fmt: skip
    found = plans_in_numbers(database, show_id, now - timedelta(days=days))
    return headings, [
        (each.name, each.paying, each.new, each.lost, each.new - each.lost) for each in found
    ]


def _completion(database: Session, show_id: int, _now: datetime, _days: int) -> Table:
    headings = (gettext("Episode"), gettext("Began"), gettext("Heard it out"), gettext("Share"))
    return headings, [
        (each.title, each.began, each.finished, Share(each.share))
        for each in completions(database, show_id)
    ]


def _active(database: Session, show_id: int, now: datetime, days: int) -> Table:
    found = most_active(database, show_id, _period(now, days))
    ids = [member_id for member_id, _plays, _last in found]
    rows = database.execute(select(Member.id, Member.name, Member.email).where(Member.id.in_(ids)))
    names = {row[0]: row[1] or row[2] for row in rows}
    return (gettext("Member"), gettext("Episodes heard"), gettext("Last")), [
        (names.get(member_id, "–"), plays, last) for member_id, plays, last in found
    ]


def _period(now: datetime, days: int) -> Period:
    today = now.astimezone(UTC).date()
    return Period(today - timedelta(days=days - 1), today)


TABLES: dict[str, Callable[[Session, int, datetime, int], Table]] = {
    "members": _members,
    "downloads": _downloads,
    "episodes": _episodes,
    "apps": _apps,
    "plans": _plans,
    "completion": _completion,
    "active": _active,
}
PERSONAL = {"active"}
