"""``/group/<plan>``: seats on one bill; ``/seats/<invitation>``: sit down."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from episodes.models import Show
from feeds.private_feeds import find_feed
from podcast_server.billing.basket import Basket
from podcast_server.billing.errors import NoSeatLeft, NotYours
from podcast_server.billing.models import Plan, SeatGroup
from podcast_server.billing.plans import current_prices, is_on_sale
from podcast_server.billing.seats import find_invitation, seats_basket, seats_taken, take_seat
from podcast_server.database import reading
from podcast_server.pages.checkout.join.views import find_plan_and_show
from podcast_server.pages.checkout.offers import SEAT
from podcast_server.pages.checkout.seats.forms import GroupForm, SeatForm
from podcast_server.pages.checkout.starting import try_to_start
from podcast_server.pages.checkout.words import price_words, refusal_words
from podcast_server.pages.member.sign_in.views import try_to_send
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("seats", __name__)


@blueprint.route("/group/<key>", methods=["GET", "POST"])
def buy(key: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        plan, show = find_plan_and_show(database, key)
        on_sale = is_on_sale(database, plan, current_time())
        prices = [
            each
            for each in current_prices(plan)
            if each.interval != "once" and each.minimum is None
        ]
    if not on_sale or not prices:
        abort(404)
    form = GroupForm()
    form.price.choices = [SelectChoice(each.key, price_words(each)) for each in prices]
    if request.method == "GET":
        form.price.data = prices[0].key
    if form.validate_on_submit():
        answer = try_to_start(form, lambda s, _b: _fill(s, form), f"/shows/{show.slug}#join")
        if answer is not None:
            return answer
    return make_response(
        render_template("checkout/seats/buy.html", form=form, plan=plan, show=show)
    )


def _fill(database: Session, form: GroupForm) -> Basket:
    return seats_basket(
        database,
        form.price.data,
        seats=form.seats.data,
        name=form.name.data or "",
        now=current_time(),
    )


@blueprint.route("/seats/<invite_key>", methods=["GET", "POST"])
def join(invite_key: str) -> Response:
    services = the_services()
    form = SeatForm()
    with reading(services.engine) as database:
        group, plan, show = _invitation(database, invite_key)
        left = group.subscription.quantity - len(seats_taken(group))
    if form.validate_on_submit():
        answer = _sit_down(services, form, invite_key, show)
        if answer is not None:
            return answer
    return make_response(
        render_template(
            "checkout/seats/join.html",
            form=form,
            group=group,
            plan=plan,
            show=show,
            left=left,
            here=signed_in(),
        )
    )


def _invitation(database: Session, invite_key: str) -> tuple[SeatGroup, Plan, Show]:
    try:
        group = find_invitation(database, invite_key)
    except NotYours:
        abort(404)
    plan = group.subscription.plan
    if plan is None or not plan.opens:
        abort(404)
    return group, plan, database.get_one(Show, plan.opens[0].show_id)


def _sit_down(services: Services, form: SeatForm, invite_key: str, show: Show) -> Response | None:
    """Signed in: at once. Else the address is confirmed first, by the link of a mail."""
    here = signed_in()
    if here is None:
        return try_to_send(services, form, show=show, offer_id=f"{SEAT}{invite_key}")
    try:
        with services.sessions.begin() as database:
            group = find_invitation(database, invite_key)
            take_seat(database, services.till.terms, group, here.member.id, current_time())
            feed = find_feed(database, here.member.id, show.id)
    except NoSeatLeft as error:
        form.form_errors.append(refusal_words(error))
        return None
    if feed is None:  # the seat waits for the first payment
        return redirect(url_for("podcasts.mine"), 303)
    return redirect(url_for("add.page", feed_id=feed.id, welcome=1), 303)
