"""From money to rights: the only place where billing touches feeds.

Everything here can be repeated at any time and only writes down what is different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.grants import Cause, end_grant, give_grant, grants_of
from feeds.models import LedgerEntry
from feeds.private_feeds import ensure_feed
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import Member
from podcast_server.billing.dunning import Notice, Standing, window_of
from podcast_server.billing.events import SubscriptionStatus
from podcast_server.billing.history import Stay, note_stay
from podcast_server.billing.intervals import UNITS, Interval, after
from podcast_server.billing.models import (
    Collection,
    Comp,
    Gift,
    Payment,
    Plan,
    Purchase,
    SeatGroup,
    Subscription,
)
from podcast_server.billing.till import Terms

_CLOCKS_DIFFER = timedelta(hours=1)
Scope = Literal["show", "tier", "season", "episode"]


@dataclass(frozen=True, slots=True)
class Right:
    """One thing to hear, in the words of grants."""

    show_id: int
    scope: Scope
    scope_id: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody's rights from one source; ``ends_at`` None is for ever.

    ``plan_id`` is the plan that they come with, None for a collection.
    """

    member_id: int
    source: str
    plan_id: int | None
    rights: Sequence[Right]
    starts_at: datetime
    ends_at: datetime | None = None
    is_open: bool = True
    notice: Notice = ""


def rights_of_plan(plan: Plan | None) -> list[Right]:
    """What a membership opens. A free plan gives a feed, and the free episodes need no right."""
    if plan is None or plan.is_free:
        return []
    return [
        Right(each.show_id, "show", 0)
        if each.tier_id is None
        else Right(each.show_id, "tier", each.tier_id)
        for each in plan.opens
    ]


def rights_of_collection(collection: Collection | None) -> list[Right]:
    """What a purchase opens."""
    if collection is None:
        return []
    return [
        Right(item.show_id, "season" if item.scope == "season" else "episode", item.scope_id)
        for item in collection.items
    ]


def entitle_subscription(
    session: Session, terms: Terms, subscription: Subscription, cause: Cause, now: datetime
) -> None:
    """Bring the rights of a subscription's member, or of its seats, in line with its standing."""
    for holding in holdings_of_subscription(session, terms, subscription, now):
        hold(session, terms, holding, cause, now)


def holdings_of_subscription(
    session: Session, terms: Terms, subscription: Subscription, now: datetime
) -> list[Holding]:
    """What a subscription's member, or its seats, may hear by its standing."""
    if subscription.purpose == "donation":
        return []
    window = window_of(standing_of(subscription, terms, now), terms.rules)
    rights = rights_of_plan(subscription.plan)
    return [
        Holding(
            member_id,
            source,
            subscription.plan_id,
            rights,
            subscription.started_at,
            window.until,
            carried and window.until is not None,
            window.notice,
        )
        for member_id, source, carried in _holders(session, subscription)
    ]


def standing_of(subscription: Subscription, terms: Terms, now: datetime) -> Standing:
    """A subscription's row in the words of dunning."""
    status: SubscriptionStatus = subscription.status  # type: ignore[assignment]
    return Standing(
        status=status,
        period_end=subscription.period_end,
        trial_end=subscription.trial_end,
        cancel_at=subscription.cancel_at,
        ended_at=subscription.ended_at,
        past_due_since=subscription.past_due_since,
        reversed=terms.is_void(subscription.realm) or _is_reversed(subscription, terms, now),
    )


def _is_reversed(subscription: Subscription, terms: Terms, now: datetime) -> bool:
    """Whether the money for the present period was taken back.

    A change of plan or seats is paid beside what was paid before. One of them paid back without
    a word on access leaves the other, which goes on paying for this time.
    """
    covering = [payment for payment in subscription.payments if _covers(payment, now)]
    gone = [payment for payment in covering if is_taken_back(payment, terms)]
    if any(payment.disputed or payment.refund_closes for payment in gone):
        return True
    stands = any(p.status == "paid" and p.amount > 0 and p not in gone for p in covering)
    return bool(gone) and not stands


def _covers(payment: Payment, now: datetime) -> bool:
    """Whether it pays for the present period; clocks may differ by minutes."""
    return (
        payment.covers_from is not None
        and payment.covers_until is not None
        and payment.covers_from - _CLOCKS_DIFFER <= now < payment.covers_until
    )


def is_taken_back(payment: Payment, terms: Terms) -> bool:
    """Whether a payment no longer pays for anything: disputed, or paid back.

    A part closes only where the podcaster said so for this payment.
    """
    if payment.disputed:
        return True
    if payment.refund_closes is not None:
        return payment.refund_closes and payment.refunded > 0
    whole = payment.amount > 0 and payment.refunded >= payment.amount
    return terms.rules.refund_closes and whole


def is_paid(purchase: Purchase, terms: Terms) -> bool:
    """Whether a single purchase stands."""
    return (
        purchase.status == "paid"
        and not terms.is_void(purchase.realm)
        and not any(is_taken_back(payment, terms) for payment in purchase.payments)
    )


def _holders(session: Session, subscription: Subscription) -> list[tuple[int, str, bool]]:
    """(member, source, whether carried): freed seats and those beyond the quantity are not."""
    if subscription.purpose != "seats":
        return [(subscription.member_id, f"subscription:{subscription.id}", True)]
    group = session.scalars(
        select(SeatGroup).where(SeatGroup.subscription_id == subscription.id)
    ).first()
    seats = [] if group is None else group.seats
    taken = [seat.id for seat in seats if seat.freed_at is None]
    carried = set(taken[: subscription.quantity])
    return [(seat.member_id, f"seat:{seat.id}", seat.id in carried) for seat in seats]


def entitle_purchase(
    session: Session, terms: Terms, purchase: Purchase, cause: Cause, now: datetime
) -> None:
    """Bring the rights of a single purchase in line; of a gift, those of who redeemed it."""
    if purchase.purpose == "gift":
        gift = session.scalars(select(Gift).where(Gift.purchase_id == purchase.id)).first()
        if gift is not None:
            entitle_gift(session, terms, gift, cause, now)
        return
    holding = holding_of_purchase(session, terms, purchase)
    if holding is not None:
        hold(session, terms, holding, cause, now)


def holding_of_purchase(session: Session, terms: Terms, purchase: Purchase) -> Holding | None:
    """What a single purchase opens for who bought it; nothing for gifts and donations."""
    if purchase.purpose in {"donation", "gift"}:
        return None
    source = f"purchase:{purchase.id}"
    rights = (
        rights_of_collection(purchase.collection)
        if purchase.purpose == "collection"
        else rights_of_plan(purchase.plan)
    )
    ends = ends_of_terms(session, terms, purchase.member_id, purchase.plan_id)
    return Holding(
        purchase.member_id,
        source,
        purchase.plan_id,
        rights,
        _begin_of(purchase),
        ends.get(source, _end_of(purchase, _begin_of(purchase))),
        is_paid(purchase, terms),
    )


def entitle_gift(session: Session, terms: Terms, gift: Gift, cause: Cause, now: datetime) -> None:
    """Bring the rights of whoever redeemed a gift in line with its payment."""
    holding = holding_of_gift(session, terms, gift)
    if holding is not None:
        hold(session, terms, holding, cause, now)


def holding_of_gift(session: Session, terms: Terms, gift: Gift) -> Holding | None:
    """What a gift opens for who redeemed it; nothing before."""
    if gift.redeemed_by_id is None or gift.starts_at is None:
        return None
    source = f"gift:{gift.id}"
    ends = ends_of_terms(session, terms, gift.redeemed_by_id, gift.plan_id)
    return Holding(
        gift.redeemed_by_id,
        source,
        gift.plan_id,
        rights_of_plan(gift.plan),
        gift.starts_at,
        ends.get(source, _end_of(gift, gift.starts_at)),
        is_paid(gift.purchase, terms),
    )


def ends_of_terms(
    session: Session, terms: Terms, member_id: int, plan_id: int | None
) -> dict[str, datetime | None]:
    """When what somebody has of a plan for a fixed time runs out, by source; None for ever.

    What begins while another still runs counts from that one's end: whoever goes on in time, or
    was given two gifts, has all that was paid for.
    """
    if plan_id is None:  # a collection, which is kept for ever
        return {}
    bought = select(Purchase).where(
        Purchase.member_id == member_id,
        Purchase.plan_id == plan_id,
        Purchase.purpose == "membership",
        Purchase.status == "paid",
    )
    given = select(Gift).where(Gift.redeemed_by_id == member_id, Gift.plan_id == plan_id)
    found: list[Purchase | Gift] = [*session.scalars(bought), *session.scalars(given)]
    ends: dict[str, datetime | None] = {}
    until: datetime | None = None
    for each in sorted(found, key=lambda term: (_begin_of(term), term.id)):
        kind, purchase = ("gift", each.purchase) if isinstance(each, Gift) else ("purchase", each)
        if is_paid(purchase, terms):
            source = f"{kind}:{each.id}"
            ends[source] = _end_of(each, max(_begin_of(each), until or _begin_of(each)))
            until = ends[source] or until
    return ends


def _begin_of(term: Purchase | Gift) -> datetime:
    if isinstance(term, Purchase):
        return term.paid_at or term.created_at
    return term.starts_at or term.created_at


def _end_of(term: Purchase | Gift, begins: datetime) -> datetime | None:
    """When it is over if it begins then; None for never."""
    if isinstance(term, Purchase):
        days = term.price.access_days if term.price is not None else None
        return None if days is None else begins + timedelta(days=days)
    for unit in UNITS:
        if term.interval == unit:
            return after(begins, Interval(unit), term.interval_count)
    return None if term.access_days is None else begins + timedelta(days=term.access_days)


def entitle_comp(session: Session, terms: Terms, comp: Comp, cause: Cause, now: datetime) -> None:
    """Bring the rights of a membership given by hand in line."""
    hold(session, terms, holding_of_comp(comp, now), cause, now)


def holding_of_comp(comp: Comp, now: datetime) -> Holding:
    """What a membership given by hand opens."""
    rights = rights_of_plan(comp.plan)
    source = f"comp:{comp.id}"
    is_open = comp.ends_at is None or comp.ends_at > now
    return Holding(
        comp.member_id, source, comp.plan_id, rights, comp.starts_at, comp.ends_at, is_open
    )


def hold(session: Session, terms: Terms, holding: Holding, cause: Cause, now: datetime) -> None:
    """Make the grants of one source exactly this: give, change and end what differs."""
    wanted = rights_now(session, holding, now)
    for right in sorted(wanted, key=lambda each: (each.show_id, each.scope, each.scope_id)):
        give_grant(
            session,
            member_id=holding.member_id,
            show_id=right.show_id,
            scope=right.scope,
            scope_id=right.scope_id,
            starts_at=holding.starts_at,
            ends_at=holding.ends_at,
            source=holding.source,
            cause=cause,
            now=now,
            notice=holding.notice,
        )
        give_feed(session, terms, holding.member_id, right.show_id, now)
    for grant in grants_of(session, holding.member_id):
        kept = any(
            (grant.show_id, grant.scope, grant.scope_id) == (r.show_id, r.scope, r.scope_id)
            for r in wanted
        )
        if grant.source == holding.source and not kept:
            end_grant(session, grant, at=now, cause=cause, now=now)
    stay = None
    if wanted and holding.plan_id is not None:
        stay = Stay(holding.plan_id, holding.member_id, holding.starts_at, holding.ends_at)
    note_stay(session, holding.source, stay, now)


def rights_now(session: Session, holding: Holding, now: datetime) -> set[Right]:
    """What of a holding is open at this moment."""
    runs = holding.ends_at is None or holding.ends_at > now
    is_open = holding.is_open and runs and not is_erased(session.get_one(Member, holding.member_id))
    return set(holding.rights) if is_open else set()


def last_entry(session: Session) -> int:
    """Where the ledger ends now."""
    return session.scalar(select(func.max(LedgerEntry.id))) or 0


def entries_after(session: Session, entry_id: int) -> list[LedgerEntry]:
    """What was written into the ledger since."""
    return list(session.scalars(select(LedgerEntry).where(LedgerEntry.id > entry_id)))


def give_feed(session: Session, terms: Terms, member_id: int, show_id: int, now: datetime) -> None:
    """The member's private feed of a show: the one they had, or a new one."""
    ensure_feed(
        session, member_id=member_id, show_id=show_id, signing_key=terms.signing_key, now=now
    )
