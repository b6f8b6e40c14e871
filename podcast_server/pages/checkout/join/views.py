"""``/join/<plan>``: one plan, its prices, and the way to the payment page."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from episodes.models import Show
from podcast_server.billing.basket import Basket
from podcast_server.billing.checkout import Buyer
from podcast_server.billing.models import Plan, Price, Subscription
from podcast_server.billing.money import Money, parse_money
from podcast_server.billing.plans import (
    ALIVE,
    current_prices,
    is_on_sale,
    membership_basket,
)
from podcast_server.database import reading
from podcast_server.pages.checkout.join.forms import JoinForm
from podcast_server.pages.checkout.starting import try_to_start
from podcast_server.pages.checkout.words import price_words
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services

blueprint = Blueprint("join_plan", __name__)


@blueprint.route("/join/<key>", methods=["GET", "POST"])
def page(key: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        plan, show = find_plan_and_show(database, key)
        prices = current_prices(plan)
        on_sale = is_on_sale(database, plan, current_time())
        is_mine = _is_mine(database, plan)
    if plan.is_free:
        return redirect(url_for("join.join", slug=show.slug, plan=plan.key), 303)
    form = JoinForm(price=request.args.get("price", ""))
    form.price.choices = [SelectChoice(each.key, price_words(each)) for each in prices]
    known = {each.key for each in prices}
    if request.method == "GET" and prices and form.price.data not in known:
        form.price.data = prices[0].key
    if on_sale and not is_mine and form.validate_on_submit():
        answer = try_to_start(
            form, lambda s, buyer: _fill(s, form, prices, buyer), f"/shows/{show.slug}#join"
        )
        if answer is not None:
            return answer
    return make_response(
        render_template(
            "checkout/join/join.html",
            form=form,
            plan=plan,
            show=show,
            on_sale=on_sale,
            is_mine=is_mine,
            chooses=[each for each in prices if each.minimum is not None],
            takes_codes=services.settings.payments.promotion_codes,
        )
    )


def find_plan_and_show(database: Session, key: str) -> tuple[Plan, Show]:
    """A plan by its public key, and the first show it opens; 404 for any other key."""
    plan = database.scalars(select(Plan).where(Plan.key == key)).first() if key.isalnum() else None
    if plan is None or not plan.opens:
        abort(404)
    return plan, database.get_one(Show, plan.opens[0].show_id)


def _is_mine(database: Session, plan: Plan) -> bool:
    here = signed_in()
    if here is None:
        return False
    mine = select(Subscription.id).where(
        Subscription.member_id == here.member.id,
        Subscription.plan_id == plan.id,
        Subscription.purpose == "membership",
        Subscription.status.in_(ALIVE),
    )
    return database.scalars(mine).first() is not None


def _fill(database: Session, form: JoinForm, prices: list[Price], buyer: Buyer) -> Basket:
    price = next(each for each in prices if each.key == form.price.data)
    return membership_basket(
        database,
        price.key,
        chosen=chosen_amount(form.amount.data, price),
        code=(form.code.data or "").strip(),
        email=buyer.email,
        now=current_time(),
    )


def chosen_amount(text: str | None, price: Price) -> Money | None:
    """What somebody wants to pay where they may choose. Raises AmountRefused."""
    if price.minimum is None or not (text or "").strip():
        return None
    return parse_money(text or "", price.currency)
