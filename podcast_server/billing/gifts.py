"""Memberships bought for somebody else: paid once, opened with a code, no card asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.accounts.members import normalise_email
from podcast_server.billing.basket import Basket
from podcast_server.billing.entitle import entitle_gift, is_paid
from podcast_server.billing.errors import GiftRefused, NoSuchOffer, NotForSale
from podcast_server.billing.fulfil import gift_code, hash_code
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Gift
from podcast_server.billing.plans import find_price, interval_of, money_of
from podcast_server.billing.till import Terms

MOST_TIMES = 36
LONGEST_MESSAGE = 2000
# A gift for a birthday next year is bought in time, not for eternity.
LATEST = timedelta(days=366)


def gift_basket(
    session: Session,
    price_key: str,
    *,
    times: int,
    recipient_name: str = "",
    recipient_email: str = "",
    message: str = "",
    send_at: datetime | None = None,
    now: datetime,
) -> Basket:
    """``times`` periods of a plan at its price, paid once.

    The code is mailed to ``recipient_email`` at ``send_at``; without an address the buyer
    hands it over. Raises NoSuchOffer, NotForSale, BadEmailError, AmountRefused.
    """
    price = find_price(session, price_key)
    plan, every = price.plan, interval_of(price)
    if plan is None:
        raise NoSuchOffer("there is no such price any more: look at the plans again")
    if price.retired_at is not None or plan.state != "open":
        raise NotForSale(f"{plan.name} cannot be given at the moment")
    if not 1 <= times <= (1 if every is None else MOST_TIMES):
        raise NotForSale("this cannot be given for so long")
    if send_at is not None and send_at > now + LATEST:
        raise NotForSale("a gift is sent within a year")
    each = money_of(price).times(times)
    length = None if every is None else Interval(every.unit, every.count * times)
    email = normalise_email(recipient_email) if recipient_email.strip() else ""
    return Basket(
        "gift",
        ("plan", plan.id, plan.key),
        plan.name,
        plan.description,
        each,
        None,
        plan_id=plan.id,
        price_id=price.id,
        details={
            "interval": "once" if length is None else length.unit,
            "interval_count": 1 if length is None else length.count,
            "access_days": price.access_days,
            "recipient_name": recipient_name.strip()[:255],
            "recipient_email": email,
            "message": message.strip()[:LONGEST_MESSAGE],
            "send_at": (send_at or now).isoformat() if email else None,
        },
    )


def code_of(gift: Gift, terms: Terms) -> str:
    """The code to print or mail: ABCD-EFGH-JKLM-NPQR."""
    return gift_code(terms.gift_secret, gift.key)


def find_gift(session: Session, code: str) -> Gift:
    """The gift behind a code, however it is typed. Raises GiftRefused."""
    gift = session.scalars(select(Gift).where(Gift.code_hash == hash_code(code[:100]))).first()
    if gift is None:
        raise GiftRefused("this code is not known: check it letter by letter")
    return gift


def redeem_gift(session: Session, terms: Terms, gift: Gift, member_id: int, now: datetime) -> None:
    """Give the membership to whoever brought its code, once. Raises GiftRefused.

    Bringing one's own redeemed code again changes nothing.
    """
    if gift.redeemed_by_id == member_id:
        return
    if not is_paid(gift.purchase, terms):
        raise GiftRefused("this gift was paid back, or its payment has not arrived yet")
    # One statement decides between two who bring the code at the same moment.
    taken = session.execute(
        update(Gift)
        .where(Gift.id == gift.id, Gift.redeemed_by_id.is_(None))
        .values(redeemed_by_id=member_id, redeemed_at=now, starts_at=now)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise GiftRefused("this code was redeemed before")
    session.refresh(gift)
    entitle_gift(session, terms, gift, Cause(f"gift:{gift.id}", "gift redeemed"), now)


def gifts_to_send(session: Session, now: datetime) -> list[Gift]:
    """Gifts whose code is due to be mailed to the recipient, those paid back among them."""
    return list(
        session.scalars(
            select(Gift)
            .where(Gift.send_at <= now, Gift.sent_at.is_(None), Gift.recipient_email != "")
            .order_by(Gift.id)
        )
    )
