"""``/me/billing``: what I pay for, and changing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.accounts.models import Member
from podcast_server.billing.changes import (
    cancel_subscription,
    change_price,
    change_seats,
    own_subscription,
    portal_link,
    resume_subscription,
)
from podcast_server.billing.errors import BillingError, NotYours
from podcast_server.billing.gifts import code_of
from podcast_server.billing.models import Gift, Price, Purchase, Seat, SeatGroup, Subscription
from podcast_server.billing.plans import ALIVE, current_prices, plans_on_sale
from podcast_server.billing.providers.base import PortalTask
from podcast_server.billing.seats import free_seat, own_group, renew_invitation, seats_taken
from podcast_server.database import reading
from podcast_server.i18n import current_language
from podcast_server.pages.checkout.words import (
    paid_words,
    price_words,
    refusal_words,
    standing_words,
)
from podcast_server.pages.member.billing.paid import payments_made
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("billing", __name__)
_TASKS: dict[str, PortalTask] = {"card": "card", "cancel": "cancel", "change": "change", "": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One subscription as the page shows it."""

    subscription: Subscription
    name: str
    price: str
    standing: str
    is_alive: bool
    can_change: list[tuple[str, str]]
    pay_ref: str
    has_portal: bool


@blueprint.get("/me/billing")
@member_required
def page() -> Response:
    services = the_services()
    member = the_member()
    with reading(services.engine) as database:
        lines = _lines(services, database, member.id)
        gifts = _gifts(services, database, member.id)
        groups = _groups(services, database, member.id)
        bought = [
            each
            for each in database.scalars(
                select(Purchase).where(Purchase.member_id == member.id, Purchase.status == "paid")
            )
            if each.purpose in {"collection", "membership"} and (each.collection or each.plan)
        ]
        page = render_template(
            "member/billing/billing.html",
            lines=lines,
            gifts=gifts,
            groups=groups,
            bought=bought,
            paid=payments_made(database, member.id),
        )
    return make_response(page)


def _lines(services: Services, database: Session, member_id: int) -> list[Line]:
    found = database.scalars(
        select(Subscription)
        .where(Subscription.member_id == member_id)
        .order_by(Subscription.status == "ended", Subscription.id.desc())
    )
    return [_line(services, database, each) for each in found]


def _line(services: Services, database: Session, each: Subscription) -> Line:
    rules = services.till.terms.rules
    grace_ends = None if each.past_due_since is None else each.past_due_since + rules.grace
    by_hand = each.realm == "manual"
    return Line(
        subscription=each,
        name=each.plan.name if each.plan is not None else gettext("Donation"),
        price=paid_words(each),
        standing=standing_words(each, grace_ends),
        is_alive=each.status in ALIVE,
        can_change=_other_prices(database, each),
        pay_ref=each.ref if by_hand and each.status in {"past_due", "unpaid", "trialing"} else "",
        has_portal=not by_hand and each.realm in services.till.providers,
    )


def _other_prices(database: Session, each: Subscription) -> list[tuple[str, str]]:
    """The prices of the plans for the same shows that this membership could change to."""
    if each.plan is None or each.purpose != "membership" or each.realm == "manual":
        return []
    if each.status not in {"trialing", "active"} or each.cancel_at is not None:
        return []
    plans = {
        plan.id: plan
        for opening in each.plan.opens
        for plan in plans_on_sale(database, opening.show_id, current_time())
    }
    return [
        (price.key, f"{plan.name}: {price_words(price)}")
        for plan in plans.values()
        for price in current_prices(plan)
        if _fits(price, each)
    ]


def _fits(price: Price, each: Subscription) -> bool:
    return (
        price.id != each.price_id
        and price.interval != "once"
        and price.minimum is None
        and price.currency == each.currency
    )


def _gifts(services: Services, database: Session, member_id: int) -> list[tuple[Gift, str]]:
    """The gifts a member bought, with their codes while nobody has redeemed them."""
    bought = database.scalars(
        select(Gift).join(Purchase).where(Purchase.member_id == member_id).order_by(Gift.id)
    )
    terms = services.till.terms
    return [(gift, "" if gift.redeemed_at else code_of(gift, terms)) for gift in bought]


def _groups(
    services: Services, database: Session, member_id: int
) -> list[tuple[SeatGroup, str, list[tuple[Seat, str]]]]:
    """(group, invite link, its seats with who sits there)."""
    found = database.scalars(
        select(SeatGroup)
        .join(Subscription)
        .where(Subscription.member_id == member_id, Subscription.status.in_(ALIVE))
        .order_by(SeatGroup.id)
    ).all()
    public_url = services.addresses.public_url
    return [
        (
            group,
            public_url + url_for("seats.join", invite_key=group.invite_key),
            [(seat, database.get_one(Member, seat.member_id).email) for seat in seats_taken(group)],
        )
        for group in found
    ]


@blueprint.post("/me/billing/<key>/<action>")
@member_required
def act(key: str, action: str) -> Response:
    """Cancel, take it back, change the plan or the number of seats; then back to the page."""
    acts: dict[str, Callable[[Services, Subscription, str], str]] = {
        "cancel": _cancel,
        "resume": _resume,
        "change": _change,
        "seats": _change_seats,
    }
    if action not in acts:
        abort(404)
    services = the_services()
    subscription = _mine(services, key)
    try:
        said = acts[action](services, subscription, f"member:{the_member().id}")
        flash(said, "success")
    except BillingError as error:
        flash(refusal_words(error), "danger")
    return redirect(url_for(".page"), 303)


def _mine(services: Services, key: str) -> Subscription:
    with reading(services.engine) as database:
        try:
            return own_subscription(database, key, the_member().id)
        except NotYours:
            abort(404)


def _cancel(services: Services, subscription: Subscription, by: str) -> str:
    cancel_subscription(services.till, subscription, at_once=False, by=by, now=current_time())
    return str(gettext("Cancelled. You listen to the end of what you paid."))


def _resume(services: Services, subscription: Subscription, by: str) -> str:
    resume_subscription(services.till, subscription, by=by, now=current_time())
    return str(gettext("Good that you stay. Everything goes on as before."))


def _change(services: Services, subscription: Subscription, by: str) -> str:
    key = request.form.get("price", "")
    change_price(services.till, subscription, key, by=by, now=current_time())
    return str(gettext("Changed. The difference was billed to your card."))


def _change_seats(services: Services, subscription: Subscription, by: str) -> str:
    seats = request.form.get("seats", 0, type=int)
    if subscription.purpose != "seats":
        abort(404)
    change_seats(services.till, subscription, seats, by=by, now=current_time())
    return str(gettext("The number of seats was changed."))


@blueprint.post("/me/billing/<key>/portal")
@member_required
def portal(key: str) -> Response:
    """To the payment provider's own page for cards and invoices."""
    services = the_services()
    task = _TASKS.get(request.form.get("task", ""))
    if task is None:
        abort(404)
    subscription = _mine(services, key)
    try:
        url = portal_link(services.till, subscription, task, "/me/billing", current_language())
    except BillingError as error:
        flash(refusal_words(error), "danger")
        url = None
    return redirect(url or url_for(".page"), 303)


@blueprint.post("/me/billing/groups/<int:group_id>/invitation")
@member_required
def renew(group_id: int) -> Response:
    services = the_services()
    with services.sessions.begin() as database:
        renew_invitation(_my_group(database, group_id))
    flash(gettext("There is a new link; the old one no longer works."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/me/billing/groups/<int:group_id>/seats/<int:seat_id>/free")
@member_required
def free(group_id: int, seat_id: int) -> Response:
    services = the_services()
    with services.sessions.begin() as database:
        group = _my_group(database, group_id)
        seat = next((each for each in group.seats if each.id == seat_id), None)
        if seat is None:
            abort(404)
        by = f"member:{the_member().id}"
        free_seat(database, services.till.terms, seat, by, current_time())
    flash(gettext("The seat is free again."), "success")
    return redirect(url_for(".page"), 303)


def _my_group(database: Session, group_id: int) -> SeatGroup:
    try:
        return own_group(database, group_id, the_member().id)
    except NotYours:
        abort(404)
