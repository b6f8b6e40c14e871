"""``/studio/payments``: what was promised by transfer or cash, and word that it has come."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from feeds.grants import Cause
from podcast_server.billing.errors import BillingError
from podcast_server.billing.events import Ref
from podcast_server.billing.models import ManualOrder
from podcast_server.billing.money import parse_money
from podcast_server.billing.providers.manual.provider import due_amount, open_orders
from podcast_server.billing.settle import settle
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("payments", __name__)


@blueprint.get("/payments")
def page() -> Response:
    with reading(the_services().engine) as database:
        orders = [(each, due_amount(each)) for each in open_orders(database, current_time())]
    return make_response(
        render_template("studio/plans/by_hand.html", orders=orders, now=current_time())
    )


@blueprint.post("/payments/<ref>/confirm")
def confirm(ref: str) -> Response:
    """The money has arrived: the feed opens, or stays open for another period."""
    services, amount = the_services(), request.form.get("amount", "").strip()
    try:
        with reading(services.engine) as database:
            order = database.scalars(select(ManualOrder).where(ManualOrder.ref == ref)).first()
        money = parse_money(amount, order.currency) if amount and order else None
        services.providers.manual.confirm(ref, money, f"by {the_person().email}")
        cause = Cause(the_person().email[:80], f"payment {ref} confirmed")
        settle(services.till, "manual", Ref("checkout", ref), cause, current_time())
    except BillingError as error:
        flash(refusal(error), "danger")
        return redirect(url_for(".page"), 303)
    with doing("payment.confirm", ref):
        pass
    flash(gettext("Confirmed. Their feed is open."), "success")
    return redirect(url_for(".page"), 303)
