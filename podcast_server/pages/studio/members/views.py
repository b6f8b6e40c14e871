"""``…/members``: the list, adding somebody, and the list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from feeds.private_feeds import ensure_feed
from feeds.sharing.watch import open_cases
from podcast_server.accounts.members import BadEmailError, ensure_member
from podcast_server.accounts.roster import ORDERS, PAGE, Wanted, all_rows, list_roster
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Plan
from podcast_server.billing.numbers import members_of_plan
from podcast_server.billing.plan_names import BY_HAND, plan_names
from podcast_server.database import reading
from podcast_server.i18n import spoken_or
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.by_mail import flash_mailed
from podcast_server.pages.studio.cells import harmless
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.members.forms import AddForm
from podcast_server.pages.studio.members.giving import (
    give_by_hand,
    plans_of_show,
    send_add_link,
    what_to_give,
)
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.studio.words import standing_words_of
from podcast_server.pages.wiring import current_time, page_asked_for, the_services

blueprint = studio_blueprint("members", __name__)
STATES = ("member", "card_failing", "lapsed", "free")
ASKED = ("q", "state", "fetched", "plan", "joined", "before", "silent", "sort")


@blueprint.get("/shows/<slug>/members")
def page(slug: str) -> Response:
    return _list(None)


def _list(form: AddForm | None) -> Response:
    """The list, with what was typed to add somebody where something is wrong with it."""
    now = current_time()
    with reading(the_services().engine) as database:
        plans = plans_of_show(database, the_show().id)
        wanted = _wanted(plans)
        rows, total = list_roster(database, the_show().id, wanted, now)
        show, to_give, today = what_to_give(database)
        form = form or AddForm(formdata=None).offer(show, to_give, today)
        shared = len(open_cases(database, show.id))
        held = plan_names(database, show.id, now, [row.id for row in rows])
    return make_response(
        render_template(
            "studio/members/members.html",
            form=form,
            show=show,
            rows=rows,
            total=total,
            shared=shared,
            wanted=wanted,
            plans=plans,
            states=[(state, standing_words_of(state)) for state in STATES],
            plan_choices=[(plan.key, plan.name) for plan in plans],
            held=held,
            in_words=plans_in_words,
            asked=_asked(),
            last_page=-(-total // PAGE),
            now=now,
        )
    )


def _asked() -> dict[str, str]:
    """The search and the filters of the address, as they go into another address."""
    given = {name: request.args.get(name, "") for name in ASKED}
    return {name: value for name, value in given.items() if value}


def plans_in_words(names: Iterable[str]) -> str:
    """The plans somebody holds, in one line."""
    return ", ".join(gettext("given by hand") if name == BY_HAND else name for name in names)


def _wanted(plans: Iterable[Plan]) -> Wanted:
    state, fetched = request.args.get("state", ""), request.args.get("fetched", "")
    plan = next((each for each in plans if each.key == request.args.get("plan")), None)
    order = request.args.get("sort", "")
    return Wanted(
        words=request.args.get("q", "").strip()[:200],
        state=state if state in STATES else "",
        fetched=fetched if fetched in {"never", "ever"} else "",
        page=page_asked_for(),
        joined_from=_midnight(request.args.get("joined", "")),
        joined_until=_midnight(request.args.get("before", "")),
        silent_since=_midnight(request.args.get("silent", "")),
        order=order if order in ORDERS else "",
        among=members_of_plan(plan.id) if plan else None,
    )


def _midnight(text: str) -> datetime | None:
    """The beginning of a day on the show's clock; None for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), ZoneInfo(the_show().time_zone))


@blueprint.post("/shows/<slug>/members")
def add(slug: str) -> Response:
    services, now = the_services(), current_time()
    with reading(services.engine) as database:
        form = AddForm().offer(*what_to_give(database))
    if not form.validate_on_submit():
        return _list(form)
    try:
        with doing("member.add", form.email.data) as database:
            # They are written to in the language that they listen to.
            language = spoken_or(services.site.language, the_show().language)
            name = form.name.data or ""
            member = ensure_member(database, form.email.data, now=now, name=name, locale=language)
            give_by_hand(database, member.id, form)
            feed = ensure_feed(
                database,
                member_id=member.id,
                show_id=the_show().id,
                signing_key=services.tokens.newest,
                now=now,
            )
            send_add_link(database, member, feed)
            member_id = member.id
    except BadEmailError:
        form.email.errors = [gettext("This does not look like an e-mail address.")]
        return _list(form)
    except BillingError as error:
        form.until.errors = [refusal(error)]
        return _list(form)
    nudge_postman()
    flash_mailed(
        gettext("They are a member now, and a mail with the buttons is on its way."),
        kept=gettext("They are a member now."),
    )
    return redirect(url_for("studio_member.page", slug=slug, member_id=member_id), 303)


@blueprint.get("/shows/<slug>/members.csv")
def export(slug: str) -> Response:
    """Everybody whom the list shows on all its pages, as a table; a cell that a spreadsheet
    would run is kept from it. Addresses leave the studio here, so it is written down."""
    sheet, now, asked = io.StringIO(), current_time(), _asked()
    table = csv.writer(sheet)
    table.writerow(["email", "name", "since", "state", "plan", "last_fetched"])
    with reading(the_services().engine) as database:
        wanted = _wanted(plans_of_show(database, the_show().id))
        held = plan_names(database, the_show().id, now)
        for row in all_rows(database, the_show().id, now, wanted):
            last = row.last_fetched.isoformat() if row.last_fetched else ""
            plans = ", ".join(held.get(row.id, ()))
            cells = [row.email, row.name, row.since.isoformat(), row.state, plans, last]
            table.writerow([harmless(cell) for cell in cells])
    with doing("members.export", ", ".join(f"{name}={value}" for name, value in asked.items())):
        pass
    response = make_response(sheet.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-members.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
