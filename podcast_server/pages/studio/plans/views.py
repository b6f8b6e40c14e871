"""``…/plans``: make, describe, reprice and archive what members pay for."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.models import Show, Tier
from episodes.shows import ensure_tier
from podcast_server.accounts.staff.roles import may, role_for, shows_of
from podcast_server.billing.catalogue import publish_plan
from podcast_server.billing.changes import close_plan, reprice_plan
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Plan, Price
from podcast_server.billing.money import parse_money
from podcast_server.billing.plans import (
    PriceTerms,
    change_plan,
    create_plan,
    current_prices,
    interval_of,
    list_plans,
    places_taken,
)
from podcast_server.billing.tiers import tiers_in_use
from podcast_server.database import reading
from podcast_server.pages.checkout.words import price_words
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.plans.forms import NEW_TIER, NewPlanForm, PriceForm, WordsForm
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("plans", __name__)


@blueprint.route("/shows/<slug>/plans", methods=["GET", "POST"])
def page(slug: str) -> Response:
    services, now = the_services(), current_time()
    with reading(services.engine) as database:
        show = database.get_one(Show, the_show().id)
        form = NewPlanForm(currency=services.settings.payments.currency).offer(
            show, other_shows(database)
        )
        rows = [
            (
                plan,
                [price_words(each) for each in current_prices(plan)],
                places_taken(database, plan, now),
            )
            for plan in list_plans(database)
            if any(opened.show_id == show.id for opened in plan.opens)
        ]
        tiers = tiers_in_use(database, show)
    if form.validate_on_submit():
        key = _create(form)
        if key:
            flash(gettext("The plan is on the show’s page now."), "success")
            return redirect(url_for(".one", slug=slug, key=key), 303)
    return make_response(
        render_template("studio/plans/plans.html", form=form, rows=rows, tiers=tiers, show=show)
    )


def _create(form: NewPlanForm) -> str:
    """The new plan's key, or "" with the reason said."""
    services, now = the_services(), current_time()
    try:
        prices = form.prices()
        with doing("plan.create", form.name.data) as database:
            show = database.get_one(Show, the_show().id)
            tier = _tier(database, show, form)
            also = [each for each in other_shows(database) if each.slug in (form.also.data or [])]
            plan = create_plan(
                database,
                name=form.name.data,
                opens=[(show, tier), *((each, None) for each in also)],
                prices=prices,
                now=now,
                fields=form.fields(the_show().time_zone),
            )
            database.refresh(plan)
            list(plan.prices)
        if prices:
            publish_plan(services.till, plan, services.till.selling.realm)
    except BillingError as error:
        flash(refusal(error), "danger")
        return ""
    except EpisodeError as error:
        flash(reason(error), "danger")
        return ""
    return plan.key


def _tier(database: Session, show: Show, form: NewPlanForm) -> Tier | None:
    """The tier that the plan opens, made where it is a new one; None for the whole show."""
    if form.tier.data == NEW_TIER:
        return ensure_tier(database, show, form.new_tier.data or "")
    return database.get(Tier, int(form.tier.data or 0))


def other_shows(database: Session) -> list[Show]:
    """The other shows that the person at work may sell too."""
    person, here = the_person(), the_show().id
    return [
        show
        for show in shows_of(database, person)
        if show.id != here and may(role_for(database, person, show.id), "editor")
    ]


def plan_here(database: Session, key: str) -> Plan:
    """A plan of the show in the address. One that opens other shows too is for those who may
    work on all of them. 404 for any other."""
    plan = next((each for each in list_plans(database) if each.key == key), None)
    shows = {opened.show_id for opened in plan.opens} if plan is not None else set()
    if plan is None or the_show().id not in shows:
        abort(404)
    if not all(may(role_for(database, the_person(), each), "editor") for each in shows):
        abort(403)
    return plan


@blueprint.route("/shows/<slug>/plans/<key>", methods=["GET", "POST"])
def one(slug: str, key: str) -> Response:
    now = current_time()
    with reading(the_services().engine) as database:
        plan = plan_here(database, key)
        prices = [(each, price_words(each)) for each in current_prices(plan)]
        members = places_taken(database, plan, now)
        form = WordsForm.of(plan, the_show().time_zone)
    if form.validate_on_submit():
        try:
            with doing("plan.change", key) as database:
                change_plan(plan_here(database, key), form.fields(the_show().time_zone))
        except BillingError as error:
            flash(refusal(error), "danger")
        else:
            flash(gettext("Saved."), "success")
            return redirect(url_for(".one", slug=slug, key=key), 303)
    return make_response(
        render_template(
            "studio/plans/plan.html",
            form=form,
            price_form=PriceForm(formdata=None),
            plan=plan,
            prices=prices,
            members=members,
            show=the_show(),
        )
    )


@blueprint.post("/shows/<slug>/plans/<key>/prices/<int:price_id>")
def reprice(slug: str, key: str, price_id: int) -> Response:
    """A new price of the same kind; the old one stays with its members, or they are moved."""
    services, form = the_services(), PriceForm()
    with reading(services.engine) as database:
        plan = plan_here(database, key)
        old = next((each for each in current_prices(plan) if each.id == price_id), None)
    if old is None:
        abort(404)
    if form.validate_on_submit():
        _reprice(plan, old, form)
    return redirect(url_for(".one", slug=slug, key=key), 303)


def _reprice(plan: Plan, old: Price, form: PriceForm) -> None:
    now, move = current_time(), bool(form.move.data)
    try:
        terms = PriceTerms(parse_money(form.amount.data, old.currency), interval_of(old))
        _new, moved = reprice_plan(
            the_services().till, plan.id, old, terms, move=move, by=the_person().email, now=now
        )
    except BillingError as error:
        flash(refusal(error), "danger")
        return
    with doing("plan.reprice", f"{plan.slug}: {terms.money}"):
        pass
    flash(gettext("The new price holds for whoever joins from now on."), "success")
    for problem in moved.problems:
        flash(problem, "warning")


@blueprint.post("/shows/<slug>/plans/<key>/archive")
def archive(slug: str, key: str) -> Response:
    """Nobody can join any more; its members keep it."""
    with reading(the_services().engine) as database:
        plan = plan_here(database, key)
    try:
        close_plan(the_services().till, plan, current_time())
    except BillingError as error:
        flash(refusal(error), "danger")
    else:
        with doing("plan.archive", plan.slug):
            pass
        flash(gettext("Nobody can join it any more. Its members keep it."), "success")
    return redirect(url_for(".page", slug=slug), 303)
