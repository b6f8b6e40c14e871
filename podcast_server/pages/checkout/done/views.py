"""``/checkout/done``: back from the payment page. Looks the payment up itself, so that nobody
waits for a webhook."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from feeds.models import PrivateFeed
from feeds.private_feeds import find_feed
from podcast_server.billing.checkout import Finished, complete_checkout
from podcast_server.billing.errors import NotYours, ProviderError
from podcast_server.billing.gifts import code_of
from podcast_server.billing.models import Checkout, Gift, Purchase, SeatGroup, Subscription
from podcast_server.database import reading
from podcast_server.pages.checkout.starting import own_checkouts
from podcast_server.pages.member.own_feed import hand_over_address
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("done", __name__)


@blueprint.get("/checkout/done")
def page() -> Response:
    services = the_services()
    here = signed_in()
    try:
        finished = complete_checkout(
            services.till,
            request.args.get("session", ""),
            own_checkouts(),
            None if here is None else here.member.id,
            current_time(),
        )
    except NotYours:
        abort(404)
    except ProviderError:
        return _page("waiting", tries=_tries())
    if finished.state == "open":
        return _page("waiting", tries=_tries())
    if finished.state in {"expired", "failed"}:
        return _page("failed")
    return _outcome(services, finished)


def _tries() -> int:
    """How often the page came back by itself; after a few it waits to be asked."""
    return min(max(request.args.get("tries", 0, type=int), 0), 99)


def _outcome(services: Services, finished: Finished) -> Response:
    with reading(services.engine) as database:
        checkout = database.scalars(select(Checkout).where(Checkout.key == finished.key)).one()
        if finished.state == "complete":
            return _page("on_its_way", email=checkout.email)
        match finished.purpose:
            case "gift":
                return _gift(services, database, checkout)
            case "seats":
                return _seats(services, database, checkout)
            case "donation":
                return _page("donated")
            case _:
                return _membership(services, database, checkout, finished)


def _membership(
    services: Services, database: Session, checkout: Checkout, finished: Finished
) -> Response:
    """To the feed where it is safe to show it; else by the mail that is on its way."""
    if _is_pending(database, checkout):
        return _page("on_its_way", email=checkout.email)
    assert finished.member_id is not None
    here = signed_in()
    if here is not None and here.member.id == finished.member_id:
        links = [
            (show, url_for("add.page", feed_id=feed.id, welcome=1))
            for show, feed in _new_feeds(database, checkout, finished.member_id)
        ]
    elif finished.is_newcomer:
        links = [
            (show, _hand_over_path(services, feed))
            for show, feed in _new_feeds(database, checkout, finished.member_id)
        ]
    else:
        links = []
    if len(links) == 1:
        return redirect(links[0][1], 303)
    return _page("joined", links=links, email=checkout.email)


def _new_feeds(
    database: Session, checkout: Checkout, member_id: int
) -> list[tuple[Show, PrivateFeed]]:
    """The shows that were bought, each with the member's feed of it."""
    bought = [each.show_id for each in checkout.plan.opens] if checkout.plan else []
    bought += [each.show_id for each in checkout.collection.items] if checkout.collection else []
    found = [(each, find_feed(database, member_id, each)) for each in dict.fromkeys(bought)]
    return [(database.get_one(Show, each), feed) for each, feed in found if feed is not None]


def _hand_over_path(services: Services, feed: PrivateFeed) -> str:
    address = hand_over_address(services, feed, current_time())
    return address.removeprefix(services.addresses.public_url)


def _is_pending(database: Session, checkout: Checkout) -> bool:
    found = select(Subscription.status).where(Subscription.checkout_id == checkout.id)
    return database.scalars(found).first() == "pending"


def _gift(services: Services, database: Session, checkout: Checkout) -> Response:
    gift = database.scalars(
        select(Gift).join(Purchase).where(Purchase.checkout_id == checkout.id)
    ).one()
    return _page(
        "gift",
        gift=gift,
        code=code_of(gift, services.till.terms),
        address=services.addresses.public_url + url_for("gift.redeem"),
    )


def _seats(services: Services, database: Session, checkout: Checkout) -> Response:
    group = database.scalars(
        select(SeatGroup).join(Subscription).where(Subscription.checkout_id == checkout.id)
    ).one()
    link = services.addresses.public_url + url_for("seats.join", invite_key=group.invite_key)
    return _page("seats", group=group, link=link, seats=group.subscription.quantity)


def _page(name: str, **facts: object) -> Response:
    return make_response(render_template(f"checkout/done/{name}.html", **facts))
