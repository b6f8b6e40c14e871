"""Plans as the show's page offers them, and what a confirmed address takes up for free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Flask, g, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from podcast_server.accounts.members import AccountError
from podcast_server.accounts.models import Member
from podcast_server.billing.comps import join_free
from podcast_server.billing.errors import BillingError
from podcast_server.billing.gifts import redeem_gift
from podcast_server.billing.leaving import forget_payer, still_paying
from podcast_server.billing.models import Gift, Plan
from podcast_server.billing.plans import current_prices, plans_on_sale
from podcast_server.billing.sales import collections_with
from podcast_server.billing.seats import find_invitation, take_seat
from podcast_server.moving.members.forget import forget_imported
from podcast_server.pages.checkout.words import per, refusal_words
from podcast_server.pages.public.offers import Offer, Price, Sale
from podcast_server.pages.wiring import the_services

GIFT, SEAT = "gift:", "seat:"


def install_checkout(app: Flask) -> None:
    """Tell the pages what is for sale, and what stands against deleting an account."""
    app.config.update(
        OFFERS=plan_offers,
        SALES=sales,
        ACCEPT_OFFER=accept_offer,
        BEFORE_ERASE=before_erase,
    )
    app.jinja_env.filters["per"] = per


def plan_offers(session: Session, show_id: int, now: datetime) -> Sequence[Offer]:
    """The plans of a show that can be joined now."""
    return [_offer(plan) for plan in plans_on_sale(session, show_id, now)]


def _offer(plan: Plan) -> Offer:
    prices = [
        Price(
            each.key,
            each.amount if each.minimum is None else each.minimum,
            each.currency,
            each.interval,
            each.interval_count,
            from_here_on=each.minimum is not None,
        )
        for each in current_prices(plan)
    ]
    return Offer(
        id=plan.key,
        name=plan.name,
        description=plan.description,
        prices=prices,
        join_url=url_for("join_plan.page", key=plan.key),
        benefits=plan.benefits,
        recommended=plan.recommended,
    )


def sales(session: Session, episode: Episode) -> Sequence[Sale]:
    """What is sold that contains an episode."""
    found = []
    for each in collections_with(session, episode):
        for price in current_prices(each)[:1]:
            least = price.amount if price.minimum is None else price.minimum
            url = url_for("buy.page", slug=each.slug)
            found.append(Sale(each.name, url, least, price.currency))
    return found


def accept_offer(
    session: Session, member_id: int, show_id: int, offer_id: str, now: datetime
) -> None:
    """A confirmed address takes up a free plan, a gift or a seat."""
    del show_id
    try:
        _accept(session, member_id, offer_id, now)
    except BillingError as error:
        # Signed in they are all the same; the next page says why there is no membership.
        g.after_sign_in = refusal_words(error)


def _accept(session: Session, member_id: int, offer_id: str, now: datetime) -> None:
    terms = the_services().till.terms
    if offer_id.startswith(GIFT):
        gift = session.scalars(select(Gift).where(Gift.key == offer_id.removeprefix(GIFT))).first()
        if gift is not None:
            redeem_gift(session, terms, gift, member_id, now)
    elif offer_id.startswith(SEAT):
        group = find_invitation(session, offer_id.removeprefix(SEAT))
        take_seat(session, terms, group, member_id, now)
    else:
        plan = session.scalars(select(Plan).where(Plan.key == offer_id)).first()
        if plan is not None:
            join_free(session, terms, plan, member_id, now)


class StillPaying(AccountError):
    """An account with running payments is not deleted: they would go on."""


def before_erase(session: Session, member_id: int, now: datetime) -> None:
    """Raises StillPaying; otherwise takes the person out of our books."""
    if still_paying(session, member_id):
        raise StillPaying(
            gettext("You still pay for a membership. Cancel it first, under Payments.")
        )
    forget_payer(session, member_id, now)
    forget_imported(session, member_id, session.get_one(Member, member_id).email)
