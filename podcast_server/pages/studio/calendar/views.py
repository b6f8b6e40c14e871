"""``/studio/shows/<slug>/calendar``: a month of what came out and what is to come out."""

from __future__ import annotations

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from babel import dates
from flask import make_response, render_template, request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from podcast_server.database import reading
from podcast_server.pages.studio.calendar.month import (
    dates_of,
    entries_between,
    month_after,
    read_month,
    weeks_of,
    without_a_time,
)
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("calendar", __name__)


@blueprint.get("/shows/<slug>/calendar")
def page(slug: str) -> Response:
    show, now, locale = the_show(), current_time(), get_locale()
    zone = ZoneInfo(show.time_zone)
    today = now.astimezone(zone).date()
    first = read_month(request.args.get("month", ""), today)
    weeks = dates_of(first, locale.first_week_day)
    with reading(the_services().engine) as database:
        entries = entries_between(database, show.id, (weeks[0][0], weeks[-1][-1]), zone, now)
        waiting = without_a_time(database, show.id)
    return make_response(
        render_template(
            "studio/calendar/calendar.html",
            show=show,
            title=dates.format_skeleton("yMMMM", first, locale=locale),
            weekdays=[(_weekday(day, "wide"), _weekday(day, "abbreviated")) for day in weeks[0]],
            weeks=weeks_of(weeks, first.month, entries),
            waiting=waiting,
            today=today,
            before=month_after(first, -1).strftime("%Y-%m"),
            after=month_after(first, 1).strftime("%Y-%m"),
            is_empty=not any(
                (each.at.year, each.at.month) == (first.year, first.month) for each in entries
            ),
            is_now=first == today.replace(day=1),
            time=lambda at: dates.format_time(at, "short", tzinfo=zone, locale=locale),
            long_day=lambda day: dates.format_date(day, "full", locale=locale),
        )
    )


def _weekday(day: date, width: Literal["wide", "abbreviated"]) -> str:
    names = dates.get_day_names(width, "stand-alone", locale=get_locale())
    return str(names[day.weekday()])
