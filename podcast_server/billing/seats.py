"""Groups: one payer, several seats, one invite link; seats are freed and given again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.basket import Basket
from podcast_server.billing.entitle import entitle_subscription
from podcast_server.billing.errors import (
    AmountRefused,
    NoSeatLeft,
    NoSuchOffer,
    NotForSale,
    NotYours,
)
from podcast_server.billing.models import Seat, SeatGroup
from podcast_server.billing.models.keys import is_key, new_key
from podcast_server.billing.plans import find_price, interval_of, is_on_sale, money_of
from podcast_server.billing.till import Terms

MOST_SEATS = 500


def seats_basket(
    session: Session, price_key: str, *, seats: int, name: str = "", now: datetime
) -> Basket:
    """``seats`` memberships on one bill. Raises NoSuchOffer, NotForSale, AmountRefused."""
    price = find_price(session, price_key)
    plan, every = price.plan, interval_of(price)
    if plan is None:
        raise NoSuchOffer("there is no such price any more: look at the plans again")
    if price.retired_at is not None or every is None or not is_on_sale(session, plan, now):
        raise NotForSale(f"{plan.name} cannot be bought for a group at the moment")
    if not 1 <= seats <= MOST_SEATS:
        raise AmountRefused(f"a group has 1 to {MOST_SEATS} seats")
    money_of(price).times(seats)  # refuses what nobody can charge
    return Basket(
        "seats",
        ("plan", plan.id, plan.key),
        plan.name,
        plan.description,
        money_of(price),
        every,
        price=price,
        plan_id=plan.id,
        price_id=price.id,
        quantity=seats,
        details={"name": name.strip()[:255]},
    )


def find_invitation(session: Session, invite_key: str) -> SeatGroup:
    """The group behind an invite link. Raises NotYours for a link that is void."""
    found = select(SeatGroup).where(SeatGroup.invite_key == invite_key)
    group = session.scalars(found).first() if is_key(invite_key) else None
    if group is None:
        raise NotYours("this invitation is no longer valid: ask for a new link")
    return group


def own_group(session: Session, group_id: int, member_id: int) -> SeatGroup:
    """A group by its payer. Raises NotYours."""
    group = session.get(SeatGroup, group_id)
    if group is None or group.subscription.member_id != member_id:
        raise NotYours("there is no such group")
    return group


def seats_taken(group: SeatGroup) -> list[Seat]:
    """The seats in use, oldest first."""
    return [seat for seat in group.seats if seat.freed_at is None]


def take_seat(
    session: Session, terms: Terms, group: SeatGroup, member_id: int, now: datetime
) -> Seat:
    """Sit down; sitting already is fine. Raises NoSeatLeft."""
    # Two people must not get the last seat: the second waits for this row here.
    session.refresh(group, with_for_update=True)
    for seat in seats_taken(group):
        if seat.member_id == member_id:
            return seat
    if len(seats_taken(group)) >= group.subscription.quantity:
        raise NoSeatLeft("every seat of this group is taken: ask for one to be freed or added")
    seat = Seat(member_id=member_id, taken_at=now)
    group.seats.append(seat)
    session.flush()
    _entitle(session, terms, group, Cause(f"seat:{seat.id}", "seat taken"), now)
    return seat


def free_seat(session: Session, terms: Terms, seat: Seat, by: str, now: datetime) -> None:
    """Take a seat back; it can be given to somebody else at once."""
    seat.freed_at = seat.freed_at or now
    session.flush()
    _entitle(session, terms, seat.group, Cause(by, "seat freed"), now)


def renew_invitation(group: SeatGroup) -> str:
    """A new invite link; the old one is void. Seats already taken stay."""
    group.invite_key = new_key()
    return group.invite_key


def _entitle(session: Session, terms: Terms, group: SeatGroup, cause: Cause, now: datetime) -> None:
    entitle_subscription(session, terms, group.subscription, cause, now)
