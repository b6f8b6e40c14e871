"""``/shows/<slug>/donate``: a tip for a show."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from podcast_server.billing.basket import Basket
from podcast_server.billing.donations import donation_basket, public_thanks
from podcast_server.billing.money import parse_money
from podcast_server.database import reading
from podcast_server.pages.checkout.donate.forms import DonateForm
from podcast_server.pages.checkout.starting import try_to_start
from podcast_server.pages.public.catalogue import show_by_slug
from podcast_server.pages.wiring import the_services

blueprint = Blueprint("donate", __name__)
_MOST_THANKS = 20


@blueprint.route("/shows/<slug>/donate", methods=["GET", "POST"])
def page(slug: str) -> Response:
    services = the_services()
    currency = services.settings.payments.currency
    with reading(services.engine) as database:
        show = show_by_slug(database, slug)
        if show is None:
            abort(404)
        thanks = public_thanks(database, show.id, services.till.terms)[:_MOST_THANKS]
    form = DonateForm()
    if form.validate_on_submit():
        answer = try_to_start(
            form, lambda s, _b: _fill(s, show.id, form, currency), f"/shows/{slug}"
        )
        if answer is not None:
            return answer
    return make_response(
        render_template(
            "checkout/donate/donate.html", form=form, show=show, thanks=thanks, currency=currency
        )
    )


def _fill(database: Session, show_id: int, form: DonateForm, currency: str) -> Basket:
    return donation_basket(
        database.get_one(Show, show_id),
        parse_money(form.amount.data, currency),
        monthly=form.often.data == "month",
        name=form.name.data or "",
        message=form.message.data or "",
        wants_thanks=bool(form.wants_thanks.data),
    )
