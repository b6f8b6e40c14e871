"""Codes that make memberships cheaper."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcast_server.billing.basket import Basket
from podcast_server.billing.errors import BadOffer, NoSuchOffer, NotForSale
from podcast_server.billing.models import Checkout, Coupon
from podcast_server.billing.money import Money

Duration = Literal["once", "months", "forever"]
_CODE = re.compile(r"[A-Z0-9]{3,40}")


def create_coupon(
    session: Session,
    *,
    code: str,
    percent: int | None = None,
    off: Money | None = None,
    duration: Duration = "once",
    months: int | None = None,
    most_uses: int | None = None,
    closes_at: datetime | None = None,
    now: datetime,
) -> Coupon:
    """A new code, for a percentage or an amount. Raises BadOffer."""
    code = code.strip().upper()
    if not _CODE.fullmatch(code):
        raise BadOffer("a code is 3 to 40 letters and digits")
    if session.scalars(select(Coupon.id).where(Coupon.code == code)).first() is not None:
        raise BadOffer(f"the code {code} was used before: choose another")
    if (percent is None) == (off is None):
        raise BadOffer("a code takes off either a percentage or an amount")
    if percent is not None and not 1 <= percent <= 100:
        raise BadOffer("a percentage is 1 to 100")
    if off is not None and off.amount == 0:
        raise BadOffer("a code takes something off")
    if (duration == "months") != (months is not None and 1 <= months <= 120):
        raise BadOffer("say for how many months, or choose once or forever")
    if most_uses is not None and most_uses < 1:
        raise BadOffer("a code can be used at least once")
    coupon = Coupon(
        code=code,
        percent=percent,
        amount=None if off is None else off.amount,
        currency=None if off is None else off.currency,
        duration=duration,
        months=months,
        most_uses=most_uses,
        closes_at=closes_at,
        created_at=now,
    )
    session.add(coupon)
    session.flush()
    return coupon


def find_coupon(session: Session, code: str, *, each: Money, email: str, now: datetime) -> Coupon:
    """The coupon behind a code typed at the till.

    Raises NoSuchOffer for an unknown one and NotForSale for one that this buyer cannot use now:
    closed, used up, used by them before, or in another currency.
    """
    code = code.strip().upper()
    query = select(Coupon).where(Coupon.code == code).with_for_update()
    coupon = session.scalars(query).first() if _CODE.fullmatch(code) else None
    if coupon is None or coupon.state != "open":
        raise NoSuchOffer("this code is not known")
    if coupon.closes_at is not None and coupon.closes_at <= now:
        raise NotForSale("this code has run out")
    if coupon.most_uses is not None and uses(session, coupon, now) >= coupon.most_uses:
        raise NotForSale("this code has been used up")
    if coupon.currency not in {None, each.currency}:
        raise NotForSale(f"this code is for prices in {str(coupon.currency).upper()}")
    had = select(Checkout.id).where(
        Checkout.coupon_id == coupon.id,
        Checkout.email == email,
        Checkout.state.in_(("complete", "settled")),
    )
    if session.scalars(had.limit(1)).first() is not None:
        raise NotForSale("you have used this code before")
    return coupon


def uses(session: Session, coupon: Coupon, now: datetime) -> int:
    """How often a code was used, open checkouts included: the last use is not given twice."""
    counted = select(func.count()).where(
        Checkout.coupon_id == coupon.id,
        Checkout.state.in_(("complete", "settled"))
        | ((Checkout.state == "open") & (Checkout.expires_at > now)),
    )
    return session.scalar(counted) or 0


def first_total(basket: Basket) -> Money:
    """What is due first, with the coupon taken off; never below nothing."""
    total, coupon = basket.first_total, basket.coupon
    if coupon is None:
        return total
    if coupon.percent is not None:
        # Half a cent goes to the buyer.
        off = -(-total.amount * coupon.percent // 100)
    else:
        off = coupon.amount or 0
    return Money(max(0, total.amount - off), total.currency)


def archive_coupon(coupon: Coupon) -> None:
    """The code can no longer be used; who has it keeps it."""
    coupon.state = "archived"
