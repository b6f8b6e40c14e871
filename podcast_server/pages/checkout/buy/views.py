"""``/buy/<collection>``: episodes bought once and kept for ever."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from podcast_server.billing.basket import Basket
from podcast_server.billing.models import Collection
from podcast_server.billing.plans import current_prices
from podcast_server.billing.sales import collection_basket, owns
from podcast_server.database import reading
from podcast_server.pages.checkout.forms import AmountForm
from podcast_server.pages.checkout.join.views import chosen_amount
from podcast_server.pages.checkout.starting import try_to_start
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import the_services

blueprint = Blueprint("buy", __name__)


@blueprint.route("/buy/<slug>", methods=["GET", "POST"])
def page(slug: str) -> Response:
    services = the_services()
    here = signed_in()
    member_id = None if here is None else here.member.id
    with reading(services.engine) as database:
        collection = database.scalars(select(Collection).where(Collection.slug == slug)).first()
        prices = [] if collection is None else current_prices(collection)
        if collection is None or not prices or collection.state != "open":
            abort(404)
        contents = _contents(database, collection)
        terms = services.till.terms
        is_mine = member_id is not None and owns(database, terms, collection, member_id)
    price = prices[0]
    form = AmountForm()

    def fill(session: Session, _buyer: object) -> Basket:
        chosen = chosen_amount(form.amount.data, price)
        return collection_basket(
            session, services.till.terms, price.key, chosen=chosen, member_id=member_id
        )

    if form.validate_on_submit():
        answer = try_to_start(form, fill, f"/shows/{contents[0][0].slug}")
        if answer is not None:
            return answer
    return make_response(
        render_template(
            "checkout/buy/buy.html",
            form=form,
            collection=collection,
            contents=contents,
            price=price,
            is_mine=is_mine,
        )
    )


def _contents(database: Session, collection: Collection) -> list[tuple[Show, Episode | int]]:
    """(show, episode or season number), as they are sold."""
    found: list[tuple[Show, Episode | int]] = []
    for item in collection.items:
        show = database.get_one(Show, item.show_id)
        episode = database.get(Episode, item.scope_id) if item.scope == "episode" else None
        found.append((show, episode or item.scope_id))
    return found
