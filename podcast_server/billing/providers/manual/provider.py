"""The manual provider: its account is our own database, its till the podcaster."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.events import Facts, Ref
from podcast_server.billing.models import ManualOrder, ManualPayment, Price
from podcast_server.billing.money import Money
from podcast_server.billing.providers.base import (
    Discount,
    Finding,
    Order,
    PortalTask,
    PriceTag,
    Product,
    Started,
)
from podcast_server.billing.providers.manual.standing import (
    REALM,
    checkout_fact,
    facts_of,
    interval_of,
    payment_fact,
    period_end,
    status_of,
    subscription_fact,
)

# Transfers take their time.
PATIENCE = timedelta(days=30)
# Paid later than this after the last period ended, the next one begins with the payment.
FORGIVING = timedelta(days=7)
# No 0, O, 1, I, L: people copy it by hand into their bank's form.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class ManualProvider:
    """Keeps promises in two tables until the podcaster confirms them."""

    def __init__(
        self, sessions: sessionmaker[Session], clock: Callable[[], datetime], public_url: str
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._public_url = public_url

    @property
    def realm(self) -> str:
        """There is no test mode: "manual"."""
        return REALM

    def patience(self, *, holds_place: bool) -> timedelta:
        """Two weeks where it keeps a place from others."""
        return PATIENCE / 2 if holds_place else PATIENCE

    def publish_product(self, product: Product) -> str:
        """Nothing to do: the books are ours."""
        return f"manual_{product.key}"

    def publish_price(self, tag: PriceTag) -> str:
        """Nothing to do: the books are ours."""
        return f"manual_{tag.key}"

    def retire_price(self, ref: str) -> None:
        """Nothing to do: our own page offers only current prices."""

    def publish_coupon(self, discount: Discount) -> str:
        """Nothing to do: our own page takes the code."""
        return f"manual_{discount.key}"

    def retire_coupon(self, ref: str) -> None:
        """Nothing to do: our own page takes the code."""

    def start_checkout(self, order: Order) -> Started:
        """Keep the promise; the page says where to send the money and with which reference."""
        with self._sessions.begin() as session:
            made = session.scalars(
                select(ManualOrder).where(ManualOrder.order_key == order.key)
            ).first()
            if made is None:
                made = _new_order(order)
                session.add(made)
                session.flush()
                if order.first_total.amount == 0 and made.trial_end is None:
                    _take(made, 0, order.created_at, "nothing to pay")
            return Started(made.ref, f"{self._public_url}/pay/{made.ref}")

    def look_up(self, ref: Ref) -> Facts:
        """Read the books."""
        now = self._clock()
        with self._sessions() as session:
            if ref.kind == "customer":
                return _of_customer(session, ref, now)
            if ref.kind == "payment" or ref.id.startswith("manual-"):
                return _of_payment(session, ref, now)
            order = _find(session, ref.id)
            if order is None:
                return ()
            if ref.kind == "subscription":
                return (subscription_fact(order, now),) if order.repeats else ()
            return facts_of(order, now)

    def walk(self, since: datetime) -> Iterator[Facts]:
        """Every order: there are never so many that a person confirms them."""
        del since
        now = self._clock()
        with self._sessions() as session:
            orders = session.scalars(select(ManualOrder).order_by(ManualOrder.id)).all()
            found = [facts_of(order, now) for order in orders]
        yield from found

    def portal_url(
        self, customer_ref: str, subscription_ref: str, task: PortalTask, back_url: str, locale: str
    ) -> str | None:
        """Our own pages do it."""
        return None

    def set_discount(self, ref: str, coupon_ref: str, *, key: str) -> None:
        """What comes by hand is whatever was agreed on."""
        del ref, coupon_ref, key
        raise ProviderRefused("payments by hand need no coupon: confirm the sum that came")

    def change_subscription(
        self, ref: str, *, key: str, price_ref: str = "", quantity: int = 0, charge_now: bool
    ) -> None:
        """From the next payment on; what costs more now has to be agreed with the podcaster."""
        del key  # the same change twice is one
        with self._changing(ref) as (session, order):
            amount = order.amount
            if price_ref and price_ref != order.price_ref:
                wanted = select(Price).where(Price.key == price_ref.removeprefix("manual_"))
                price = session.scalars(wanted).one()
                if price.currency != order.currency:
                    raise ProviderRefused("the currency of a membership cannot be changed")
                amount = price.amount
                order.interval, order.interval_count = price.interval, price.interval_count
                order.product_ref = _product_ref(price)
                order.price_ref = price_ref
            more = amount * (quantity or order.quantity) > order.amount * order.quantity
            if charge_now and more:
                raise ProviderRefused("ask the podcaster: the difference has to be paid first")
            order.amount, order.quantity = amount, quantity or order.quantity

    def cancel_subscription(self, ref: str, *, at_once: bool) -> None:
        """A promise that was never paid ends at once in any case."""
        now = self._clock()
        with self._changing(ref) as (_, order):
            if order.ended_at is not None:
                return
            if at_once or period_end(order) <= now or status_of(order, now) == "pending":
                order.ended_at = now
            else:
                order.cancel_at = period_end(order)

    def resume_subscription(self, ref: str) -> None:
        """While it has not ended."""
        now = self._clock()
        with self._changing(ref) as (_, order):
            if status_of(order, now) == "ended":
                raise ProviderRefused("this membership has ended: join again")
            order.cancel_at = None

    def refund(self, payment_ref: str, amount: Money | None, *, key: str) -> None:
        """Written down; the money itself goes back by hand."""
        del key
        with self._sessions.begin() as session:
            payment = session.get(ManualPayment, _payment_id(payment_ref))
            if payment is None:
                raise ProviderRefused("there is no such payment")
            left = payment.amount - payment.refunded
            back = left if amount is None else amount.amount
            if back > left or left == 0:
                raise ProviderRefused("there is not so much left to pay back")
            payment.refunded += back

    def check(self, public_url: str) -> list[Finding]:
        """Nothing can be wrong with it."""
        del public_url
        return [Finding("payments", "confirmed by hand")]

    def confirm(self, ref: str, amount: Money | None = None, note: str = "") -> Money:
        """The money for an order arrived: one more period, or the whole of a single sale.

        ``amount`` if it differs from what was asked. Returns what was written down. Raises
        ProviderRefused for an unknown, ended or already paid order.
        """
        now = self._clock()
        with self._changing(ref.strip().upper()) as (_, order):
            if order.ended_at is not None or (not order.repeats and order.payments):
                raise ProviderRefused("this order has ended, or was paid already")
            due = Money(due_amount(order), order.currency) if amount is None else amount
            if due.currency != order.currency:
                raise ProviderRefused(f"this order is in {order.currency.upper()}")
            _take(order, due.amount, now, note)
            return due

    @contextmanager
    def _changing(self, ref: str) -> Iterator[tuple[Session, ManualOrder]]:
        with self._sessions.begin() as session:
            order = _find(session, ref)
            if order is None:
                raise ProviderRefused(f"there is no order with the reference {ref[:20]}")
            session.refresh(order, with_for_update=True)
            yield session, order


def due_amount(order: ManualOrder) -> int:
    """What the next payment should be, in minor units."""
    return order.amount * order.quantity if order.payments else order.first_amount


def open_orders(session: Session, now: datetime) -> list[ManualOrder]:
    """What waits for money: promises, and memberships whose period has ended."""
    orders = session.scalars(select(ManualOrder).where(ManualOrder.ended_at.is_(None)))
    return [each for each in orders.all() if _waits(each, now)]


def _waits(order: ManualOrder, now: datetime) -> bool:
    if not order.repeats:
        return not order.payments and order.expires_at > now
    if status_of(order, now) == "pending":
        return order.expires_at > now
    return status_of(order, now) in {"trialing", "unpaid", "past_due"}


def _new_order(order: Order) -> ManualOrder:
    trial = order.interval is not None and order.trial_days > 0
    return ManualOrder(
        ref="".join(secrets.choice(_ALPHABET) for _ in range(8)),
        order_key=order.key,
        customer_ref=order.customer_ref or f"manual_{order.key}",
        product_ref=order.product_ref,
        price_ref=order.price_ref,
        repeats=order.interval is not None,
        amount=order.each.amount,
        currency=order.each.currency,
        interval="once" if order.interval is None else order.interval.unit,
        interval_count=1 if order.interval is None else order.interval.count,
        quantity=order.quantity,
        first_amount=order.first_total.amount,
        created_at=order.created_at,
        expires_at=order.expires_at,
        trial_end=order.created_at + timedelta(days=order.trial_days) if trial else None,
        periods_paid=0,
    )


def _take(order: ManualOrder, amount: int, now: datetime, note: str) -> None:
    begins: datetime | None = None
    ends: datetime | None = None
    if order.repeats:
        begins = period_end(order) if order.periods_paid or order.trial_end else now
        if order.periods_paid == 0 or begins + FORGIVING < now:
            begins = max(begins, now) if order.periods_paid == 0 else now
            order.anchor, order.periods_paid = begins, 0
        order.periods_paid += 1
        ends = period_end(order)
        if order.cancel_at is not None and order.cancel_at < ends:
            order.cancel_at = None  # whoever pays for more wants more
    order.payments.append(
        ManualPayment(
            amount=amount,
            refunded=0,
            paid_at=now,
            covers_from=begins,
            covers_until=ends,
            note=note[:255],
        )
    )


def _find(session: Session, ref: str) -> ManualOrder | None:
    return session.scalars(select(ManualOrder).where(ManualOrder.ref == ref)).first()


def _of_customer(session: Session, ref: Ref, now: datetime) -> Facts:
    """What somebody pays again and again; payers are known by address."""
    orders = select(ManualOrder).where(ManualOrder.customer_ref == ref.id, ManualOrder.repeats)
    found = session.scalars(orders.order_by(ManualOrder.id))
    return tuple(subscription_fact(each, now) for each in found if each.ended_at is None)


def _payment_id(ref: str) -> int:
    number = ref.removeprefix("manual-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0


def _of_payment(session: Session, ref: Ref, now: datetime) -> Facts:
    payment = session.get(ManualPayment, _payment_id(ref.id))
    if payment is None:
        return ()
    if ref.kind == "checkout_of":
        return [checkout_fact(payment.order, now)]
    return [payment_fact(payment.order, payment, now)]


def _product_ref(price: Price) -> str:
    if price.plan is None:
        raise ProviderRefused("this price belongs to no plan")
    return f"manual_{price.plan.key}"


__all__ = ["ManualProvider", "due_amount", "interval_of", "open_orders"]
