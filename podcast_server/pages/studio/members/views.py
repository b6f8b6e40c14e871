"""``…/members``: the list, adding somebody, and the list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from feeds.grants import Cause, give_grant
from feeds.models import PrivateFeed
from feeds.private_feeds import ensure_feed
from feeds.sharing.watch import open_cases
from podcast_server.accounts.members import BadEmailError, ensure_member
from podcast_server.accounts.models import Member
from podcast_server.accounts.roster import PAGE, Wanted, all_rows, list_roster
from podcast_server.accounts.staff.roles import may, role_for
from podcast_server.billing.comps import give_comp
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Plan
from podcast_server.billing.numbers import members_of_plan
from podcast_server.billing.plans import list_plans
from podcast_server.database import reading
from podcast_server.mail.letters import add_letter
from podcast_server.pages.member.own_feed import hand_over_address
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.studio.cells import harmless
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.members.forms import AddForm, GiveForm
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("members", __name__)
STATES = ("member", "card_failing", "lapsed", "free")
MAIL_LIFE = timedelta(days=1)


@blueprint.get("/shows/<slug>/members")
def page(slug: str) -> Response:
    now = current_time()
    with reading(the_services().engine) as database:
        plans = plans_of_show(database, the_show().id)
        wanted = _wanted({plan.key: plan for plan in plans})
        rows, total = list_roster(database, the_show().id, wanted, now)
        show = database.get_one(Show, the_show().id)
        form = AddForm(formdata=None).offer(show, plans_to_give(database, plans))
        shared = len(open_cases(database, show.id))
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
            asked={name: request.args.get(name, "") for name in ("plan", "joined", "before")},
            last_page=-(-total // PAGE),
            now=now,
        )
    )


def _wanted(plans: Mapping[str, Plan]) -> Wanted:
    state, fetched = request.args.get("state", ""), request.args.get("fetched", "")
    plan = plans.get(request.args.get("plan", ""))
    return Wanted(
        words=request.args.get("q", "").strip()[:200],
        state=state if state in STATES else "",
        fetched=fetched if fetched in {"never", "ever"} else "",
        page=max(1, request.args.get("page", 1, type=int)),
        joined_from=_midnight(request.args.get("joined", "")),
        joined_until=_midnight(request.args.get("before", "")),
        among=members_of_plan(plan.id) if plan else None,
    )


def plans_of_show(database: Session, show_id: int) -> list[Plan]:
    """The plans that open a show."""
    plans = list_plans(database)
    return [plan for plan in plans if any(opened.show_id == show_id for opened in plan.opens)]


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
        return _refuse(slug, form)
    try:
        with doing("member.add", form.email.data) as database:
            language, name = services.site.language, form.name.data or ""
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
        return _refuse(slug, form)
    except BillingError as error:
        form.until.errors = [refusal(error)]
        return _refuse(slug, form)
    nudge_postman()
    flash(gettext("They are a member now, and a mail with the buttons is on its way."), "success")
    return redirect(url_for("studio_member.page", slug=slug, member_id=member_id), 303)


def _refuse(slug: str, form: AddForm) -> Response:
    said = [text for errors in form.errors.values() for text in errors]
    said += [
        str(text)
        for text in (*form.email.errors, *form.until.errors)
        if str(text) not in map(str, said)
    ]
    flash(" ".join(str(text) for text in said), "danger")
    return redirect(url_for(".page", slug=slug), 303)


def what_to_give(database: Session) -> tuple[Show, list[Plan]]:
    """The show with its tiers, and the plans that the person at work may give."""
    show = database.get_one(Show, the_show().id)
    return show, plans_to_give(database, plans_of_show(database, show.id))


def plans_to_give(database: Session, plans: Sequence[Plan]) -> list[Plan]:
    """Those that open nothing but shows on which the person at work may work."""
    return [
        plan
        for plan in plans
        if plan.state != "archived"
        and all(
            may(role_for(database, the_person(), opened.show_id), "editor") for opened in plan.opens
        )
    ]


def give_by_hand(database: Session, member_id: int, form: GiveForm) -> None:
    """Give what the form says, from now on, instead of what was given by hand before."""
    chosen = form.tier.data or "0"
    if chosen.startswith("plan:"):
        _give_plan(database, member_id, chosen.removeprefix("plan:"), form)
        return
    now, tier = current_time(), int(chosen)
    give_grant(
        database,
        member_id=member_id,
        show_id=the_show().id,
        scope="tier" if tier else "show",
        scope_id=tier,
        starts_at=now,
        ends_at=end_of(form.until.data),
        source="manual",
        cause=Cause(the_person().email[:80], form.reason.data),
        now=now,
    )


def _give_plan(database: Session, member_id: int, key: str, form: GiveForm) -> None:
    """A plan for nothing, with everything that it opens."""
    _show, plans = what_to_give(database)
    plan = next((each for each in plans if each.key == key), None)
    if plan is None:
        abort(404)
    give_comp(
        database,
        the_services().till.terms,
        member_id,
        plan,
        ends_at=end_of(form.until.data),
        reason=form.reason.data,
        by=the_person().email,
        now=current_time(),
    )


def end_of(day: date | None) -> datetime | None:
    """The end of a day on the show's clock; None for never."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(the_show().time_zone))


def send_add_link(database: Session, member: Member, feed: PrivateFeed) -> None:
    """Mail the buttons that add a feed to an app."""
    services, now = the_services(), current_time()
    link = hand_over_address(services, feed, now, MAIL_LIFE)
    letter = add_letter(member.locale, the_show().title, link)
    post_letter(database, services, letter, member.email, now, now + MAIL_LIFE)


@blueprint.get("/shows/<slug>/members.csv")
def export(slug: str) -> Response:
    """Everybody as a table; a cell that a spreadsheet would run is kept from it."""
    sheet = io.StringIO()
    table = csv.writer(sheet)
    table.writerow(["email", "name", "since", "state", "last_fetched"])
    with reading(the_services().engine) as database:
        for row in all_rows(database, the_show().id, current_time()):
            last = row.last_fetched.isoformat() if row.last_fetched else ""
            cells = [row.email, row.name, row.since.isoformat(), row.state, last]
            table.writerow([harmless(cell) for cell in cells])
    response = make_response(sheet.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-members.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
