"""``/give/<plan>``: buy a membership for somebody; ``/gift``: redeem one."""

from __future__ import annotations

from datetime import UTC, datetime, time

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from episodes.models import Show
from feeds.private_feeds import find_feed
from podcast_server.billing.basket import Basket
from podcast_server.billing.checkout import Buyer
from podcast_server.billing.entitle import is_paid
from podcast_server.billing.errors import GiftRefused
from podcast_server.billing.gifts import find_gift, gift_basket, redeem_gift
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Gift, Plan
from podcast_server.billing.plans import current_prices, interval_of
from podcast_server.database import reading
from podcast_server.i18n import format_money
from podcast_server.pages.checkout.gift.forms import GiveForm, RedeemForm
from podcast_server.pages.checkout.join.views import find_plan_and_show
from podcast_server.pages.checkout.offers import GIFT
from podcast_server.pages.checkout.starting import try_to_start
from podcast_server.pages.checkout.words import length_words, refusal_words
from podcast_server.pages.member.sign_in.views import try_to_send
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("gift", __name__)

# Lengths people give, in periods of a price.
_TIMES = {"day": (30, 90), "week": (4, 12), "month": (1, 3, 6, 12), "year": (1, 2, 3)}


@blueprint.route("/give/<key>", methods=["GET", "POST"])
def give(key: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        plan, show = find_plan_and_show(database, key)
        lengths = gift_lengths(plan)
    if not lengths or plan.state != "open":
        abort(404)
    form = GiveForm()
    form.length.choices = [SelectChoice(*each) for each in lengths]
    if request.method == "GET":
        form.length.data = lengths[0][0]
    if form.validate_on_submit():
        answer = try_to_start(form, lambda s, b: _fill(s, form, b), f"/shows/{show.slug}#join")
        if answer is not None:
            return answer
    return make_response(
        render_template("checkout/gift/give.html", form=form, plan=plan, show=show)
    )


def gift_lengths(plan: Plan) -> list[tuple[str, str]]:
    """What can be given of a plan: ("price key:times", words). Nobody is offered twelve months
    beside a year: the same length for another price."""
    found = []
    prices = current_prices(plan)
    by_the_year = {each.currency for each in prices if interval_of(each) == Interval("year")}
    for price in prices:
        every = interval_of(price)
        for times in (1,) if every is None else _TIMES[every.unit]:
            if every == Interval("month") and times == 12 and price.currency in by_the_year:
                continue
            cost = format_money(price.amount * times, price.currency)
            found.append(
                (f"{price.key}:{times}", f"{length_words(price, times)}{gettext(': ')}{cost}")
            )
    return found


def _fill(database: Session, form: GiveForm, buyer: Buyer) -> Basket:
    del buyer
    price_key, _, times = form.length.data.partition(":")
    day = form.send_on.data
    return gift_basket(
        database,
        price_key,
        times=int(times),
        recipient_name=form.recipient_name.data or "",
        recipient_email=form.recipient_email.data or "",
        message=form.message.data or "",
        send_at=None if day is None else datetime.combine(day, time(8), UTC),
        now=current_time(),
    )


@blueprint.route("/gift", methods=["GET", "POST"])
def redeem() -> Response:
    form = RedeemForm(code=request.args.get("code", ""))
    if form.validate_on_submit():
        answer = _redeem(the_services(), form)
        if answer is not None:
            return answer
    return make_response(render_template("checkout/gift/redeem.html", form=form, here=signed_in()))


def _redeem(services: Services, form: RedeemForm) -> Response | None:
    """Signed in: at once. Else the address is confirmed first, by the link of a mail."""
    here = signed_in()
    now = current_time()
    try:
        with services.sessions.begin() as database:
            gift = find_gift(database, form.code.data)
            show = _first_show(database, gift)
            if here is not None:
                redeem_gift(database, services.till.terms, gift, here.member.id, now)
                feed = find_feed(database, here.member.id, show.id)
                assert feed is not None
                return redirect(url_for("add.page", feed_id=feed.id, welcome=1), 303)
            _require_fresh(services, gift)
    except GiftRefused as error:
        form.code.errors = [refusal_words(error)]
        return None
    return try_to_send(services, form, show=show, offer_id=f"{GIFT}{gift.key}")


def _require_fresh(services: Services, gift: Gift) -> None:
    if gift.redeemed_by_id is not None or not is_paid(gift.purchase, services.till.terms):
        raise GiftRefused("this gift was redeemed or paid back")


def _first_show(database: Session, gift: Gift) -> Show:
    if not gift.plan.opens:
        raise GiftRefused("this gift opens nothing any more")
    return database.get_one(Show, gift.plan.opens[0].show_id)
