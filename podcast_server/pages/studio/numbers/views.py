"""``…/numbers``: members, money and downloads; each table as CSV too."""

from __future__ import annotations

import csv
import io

from flask import abort, make_response, render_template, request
from werkzeug.wrappers import Response

from podcast_server.accounts.roster import Wanted, list_roster
from podcast_server.accounts.staff.roles import may
from podcast_server.database import reading
from podcast_server.pages.studio.cells import harmless
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_role, the_show
from podcast_server.pages.studio.members.nudge import silent_members
from podcast_server.pages.studio.numbers.charts import charts_of
from podcast_server.pages.studio.numbers.figures import plain, shown, with_cells
from podcast_server.pages.studio.numbers.tables import PERSONAL, TABLES, Asked
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.pages.zipping import zipped

blueprint = studio_blueprint("numbers", __name__)
RANGES = (30, 90, 365)


@blueprint.get("/shows/<slug>/numbers")
@needs("analyst")
def page(slug: str) -> Response:
    asked = _asked()
    silent = Wanted(state="member", fetched="never")
    with reading(the_services().engine) as database:
        tables = {name: make(database, asked) for name, make in TABLES.items() if _may_see(name)}
        never = list_roster(database, asked.show_id, silent, asked.now)[1]
        writes = never and may(the_role(), "editor")
        unwritten = len(silent_members(database, asked.show_id, asked.now)) if writes else 0
    members, revenue = tables["members"][1], tables["revenue"][1]
    html = render_template(
        "studio/numbers/numbers.html",
        days=asked.days,
        ranges=RANGES,
        request_based=the_services().settings.storage.backend == "s3",
        members=shown(members[-1][4] if members else 0),
        revenue=[shown(cell) for cell in revenue[-1][1:]] if revenue else [],
        downloads=shown(sum(row[1] for row in tables["downloads"][1])),
        silent=never,
        unwritten=unwritten,
        nothing=not (members or revenue or any(row[-1] for row in tables["episodes"][1])),
        tables={name: with_cells(table, shown) for name, table in tables.items()},
        charts=charts_of(tables),
    )
    return zipped(make_response(html))


def _may_see(name: str) -> bool:
    """Analysts see numbers and no people."""
    return name not in PERSONAL or may(the_role(), "editor")


def _asked() -> Asked:
    days = request.args.get("days", RANGES[0], type=int)
    live = the_services().till.terms.is_void("stripe:test")
    return Asked(
        the_show().id, current_time(), days if days in RANGES else RANGES[0], play_money=not live
    )


@blueprint.get("/shows/<slug>/numbers/<name>.csv")
@needs("analyst")
def export(slug: str, name: str) -> Response:
    make = TABLES.get(name)
    if make is None or not _may_see(name):
        abort(404)
    with reading(the_services().engine) as database:
        found = make(database, _asked())
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
