"""``/pay/<reference>``: where the money goes when the podcaster confirms it by hand."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from podcast_server.billing.models import Checkout, ManualOrder
from podcast_server.billing.providers.manual.provider import due_amount
from podcast_server.database import reading
from podcast_server.pages.checkout.starting import own_checkouts
from podcast_server.pages.wiring import the_services

blueprint = Blueprint("pay", __name__)


@blueprint.get("/pay/<ref>")
def page(ref: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        order = None
        if ref.isascii() and ref.isalnum():
            order = database.scalars(select(ManualOrder).where(ManualOrder.ref == ref)).first()
        if order is None or order.ended_at is not None:
            abort(404)
        checkout = database.scalars(select(Checkout).where(Checkout.ref == ref)).one()
        due = due_amount(order)
        begun = bool(order.payments) or order.trial_end is not None
    if begun and checkout.state == "open" and checkout.key in own_checkouts():
        return redirect(url_for("done.page", session=ref), 303)
    return make_response(
        render_template(
            "checkout/pay/pay.html",
            order=order,
            due=due,
            begun=begun,
            instructions=services.settings.payments.instructions,
        )
    )
