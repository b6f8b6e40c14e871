"""From facts to rows: checkouts, subscriptions, purchases and payments as the provider has them.

Older facts never overwrite newer ones, and what does not lead back to a checkout of ours is
somebody else's business and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.billing.events import (
    CheckoutFact,
    Facts,
    Line,
    PaymentFact,
    Ref,
    SubscriptionFact,
)
from podcast_server.billing.fulfil import fulfil_purchase, fulfil_subscription
from podcast_server.billing.history import note_terms
from podcast_server.billing.models import (
    Checkout,
    ForeignPrice,
    Payment,
    Price,
    Purchase,
    RemoteCustomer,
    RemoteObject,
    Subscription,
)


@dataclass(slots=True)
class Written:
    """Which rows facts touched, and what must be looked up before the rest finds its place."""

    checkouts: list[Checkout] = field(default_factory=list)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    purchases: dict[int, Purchase] = field(default_factory=dict)
    missing: list[Ref] = field(default_factory=list)


def write_facts(session: Session, facts: Facts, gift_secret: bytes, now: datetime) -> Written:
    """Bring our rows in line with the facts. Can be repeated at any time."""
    written = Written()
    for fact in facts:
        if isinstance(fact, CheckoutFact):
            _write_checkout(session, fact, gift_secret, now, written)
    for fact in facts:
        if isinstance(fact, SubscriptionFact):
            _write_subscription(session, fact, written)
    for fact in facts:
        if isinstance(fact, PaymentFact):
            _write_payment(session, fact, written)
    session.flush()
    seen = {fact.ref for fact in facts if isinstance(fact, SubscriptionFact)}
    written.missing = [
        ref for ref in written.missing if ref.kind != "subscription" or ref.id not in seen
    ]
    return written


def find_subscription(session: Session, realm: str, ref: str) -> Subscription | None:
    """The subscription with the provider's id, if it is one of ours."""
    return session.scalars(
        select(Subscription).where(Subscription.realm == realm, Subscription.ref == ref)
    ).first()


def find_checkout(session: Session, realm: str, ref: str, order_key: str) -> Checkout | None:
    """The checkout with the provider's id; by our key only while we do not know that id."""
    found = session.scalars(
        select(Checkout).where(Checkout.realm == realm, Checkout.ref == ref, Checkout.ref != "")
    ).first()
    if found is not None or not order_key:
        return found
    return session.scalars(
        select(Checkout).where(
            Checkout.realm == realm, Checkout.key == order_key, Checkout.ref == ""
        )
    ).first()


def _write_checkout(
    session: Session, fact: CheckoutFact, gift_secret: bytes, now: datetime, written: Written
) -> None:
    checkout = find_checkout(session, fact.realm, fact.ref, fact.order_key)
    if checkout is None or _is_older(fact.as_of, checkout.as_of):
        return
    checkout.ref, checkout.as_of = fact.ref, fact.as_of
    written.checkouts.append(checkout)
    if fact.status == "expired" and checkout.state == "open":
        checkout.state = "expired"
    if fact.status != "complete":
        return
    checkout.completed_at = checkout.completed_at or now
    checkout.member_id = _buyer(session, checkout, fact, now)
    if fact.subscription_ref:
        _begin_subscription(session, checkout, fact, now, written)
        checkout.state = "settled"
    else:
        _keep_purchase(session, checkout, fact, gift_secret, now, written)


def _is_older(as_of: datetime, known: datetime | None) -> bool:
    return known is not None and as_of < known


def _buyer(session: Session, checkout: Checkout, fact: CheckoutFact, now: datetime) -> int:
    """Whoever the checkout was opened for; the address typed at the provider does not count."""
    member_id = checkout.member_id
    if member_id is None:
        known = session.scalars(select(Member.id).where(Member.email == checkout.email)).first()
        checkout.made_member = known is None
        member_id = ensure_member(session, checkout.email, now=now, locale=checkout.locale).id
    if fact.customer_ref:
        _remember_customer(session, fact.realm, fact.customer_ref, member_id)
    return member_id


def _remember_customer(session: Session, realm: str, ref: str, member_id: int) -> None:
    if session.get(RemoteCustomer, (realm, ref)) is None:
        session.add(RemoteCustomer(realm=realm, ref=ref, member_id=member_id))
        session.flush()


def _begin_subscription(
    session: Session, checkout: Checkout, fact: CheckoutFact, now: datetime, written: Written
) -> None:
    subscription = find_subscription(session, fact.realm, fact.subscription_ref)
    if subscription is None:
        assert checkout.member_id is not None
        subscription = Subscription(
            realm=fact.realm,
            ref=fact.subscription_ref,
            customer_ref=fact.customer_ref,
            purpose=checkout.purpose,
            member_id=checkout.member_id,
            plan_id=checkout.plan_id,
            price_id=checkout.price_id,
            checkout_id=checkout.id,
            amount=checkout.amount,
            currency=checkout.currency,
            interval=checkout.interval,
            interval_count=checkout.interval_count,
            quantity=checkout.quantity,
            status="pending",
            started_at=now,
        )
        session.add(subscription)
        session.flush()
        written.missing.append(Ref("subscription", fact.subscription_ref))
    written.subscriptions[subscription.id] = subscription
    fulfil_subscription(session, checkout, subscription, now)


def _keep_purchase(
    session: Session,
    checkout: Checkout,
    fact: CheckoutFact,
    gift_secret: bytes,
    now: datetime,
    written: Written,
) -> None:
    known = select(Purchase).where(Purchase.checkout_id == checkout.id)
    purchase = session.scalars(known).first()
    if purchase is None:
        assert checkout.member_id is not None
        purchase = Purchase(
            realm=fact.realm,
            purpose=checkout.purpose,
            member_id=checkout.member_id,
            plan_id=checkout.plan_id,
            collection_id=checkout.collection_id,
            price_id=checkout.price_id,
            checkout_id=checkout.id,
            payment_ref=fact.payment_ref,
            status="pending",
            amount=checkout.amount * checkout.quantity if fact.total is None else fact.total.amount,
            currency=checkout.currency,
            created_at=now,
        )
        session.add(purchase)
        session.flush()
    if fact.paid and purchase.status != "paid":
        purchase.status, purchase.paid_at = "paid", purchase.paid_at or now
    checkout.state = "settled" if fact.paid else "complete"
    written.purchases[purchase.id] = purchase
    if fact.paid:
        fulfil_purchase(session, checkout, purchase, gift_secret, now)


def _write_subscription(session: Session, fact: SubscriptionFact, written: Written) -> None:
    subscription = find_subscription(session, fact.realm, fact.ref)
    if subscription is None:
        if fact.order_key:
            written.missing.append(Ref("checkout_of", fact.ref))
        return
    if _is_older(fact.as_of, subscription.as_of):
        return
    subscription.customer_ref = fact.customer_ref
    subscription.status = fact.status
    # By our clock or theirs, whichever is behind: nobody waits for clocks to agree.
    subscription.started_at = min(subscription.started_at, fact.started_at)
    subscription.period_end = fact.period_end
    subscription.trial_end = fact.trial_end
    subscription.cancel_at = fact.cancel_at
    subscription.ended_at = fact.ended_at
    subscription.past_due_since = fact.past_due_since
    subscription.as_of = fact.as_of
    _write_line(session, subscription, fact.line)
    session.flush()
    note_terms(session, subscription, fact.as_of)
    _remember_customer(session, fact.realm, fact.customer_ref, subscription.member_id)
    written.subscriptions[subscription.id] = subscription


def _write_line(session: Session, subscription: Subscription, line: Line) -> None:
    """What it is for may have changed at the provider: another price, plan or quantity."""
    subscription.amount, subscription.currency = line.each.amount, line.each.currency
    subscription.interval, subscription.interval_count = line.interval.unit, line.interval.count
    subscription.quantity = line.quantity
    subscription.problem = ""
    if subscription.purpose == "donation":
        return
    price_id = _local(session, subscription.realm, "price", line.price_ref)
    if price_id is not None:
        subscription.price = session.get_one(Price, price_id)
        subscription.plan = subscription.price.plan
        return
    plan_id = _local(session, subscription.realm, "plan", line.product_ref) or _adopted_plan(
        session, subscription.realm, line.price_ref
    )
    if plan_id is None:
        subscription.problem = f"billed for {line.product_ref}, which is no plan of ours"
    elif plan_id != subscription.plan_id:
        subscription.plan_id, subscription.price_id = plan_id, None
        session.flush()
        session.expire(subscription, ["plan", "price"])


def _adopted_plan(session: Session, realm: str, price_ref: str) -> int | None:
    """What a price stands for that another host made."""
    foreign = session.get(ForeignPrice, (realm, price_ref))
    return None if foreign is None else foreign.plan_id


def _local(session: Session, realm: str, kind: str, ref: str) -> int | None:
    if not ref:
        return None
    return session.scalars(
        select(RemoteObject.local_id).where(
            RemoteObject.realm == realm, RemoteObject.kind == kind, RemoteObject.ref == ref
        )
    ).first()


def _write_payment(session: Session, fact: PaymentFact, written: Written) -> None:
    known = select(Payment).where(Payment.realm == fact.realm, Payment.ref == fact.ref)
    payment = session.scalars(known).first()
    if payment is None:
        payment = _place_payment(session, fact, written)
    if payment is None or _is_older(fact.as_of, payment.as_of):
        return
    payment.status, payment.refunded = fact.status, fact.refunded
    payment.amount, payment.currency = fact.amount.amount, fact.amount.currency
    payment.disputed, payment.paid_at = fact.disputed, fact.paid_at
    payment.covers_from, payment.covers_until = fact.covers_from, fact.covers_until
    payment.as_of = fact.as_of
    session.flush()
    if payment.subscription_id is not None:
        subscription = session.get_one(Subscription, payment.subscription_id)
        session.expire(subscription, ["payments"])
        written.subscriptions[subscription.id] = subscription
    if payment.purchase_id is not None:
        purchase = session.get_one(Purchase, payment.purchase_id)
        session.expire(purchase, ["payments"])
        if fact.status == "failed" and purchase.status == "pending":
            purchase.status = "failed"
            session.get_one(Checkout, purchase.checkout_id).state = "failed"
        written.purchases[purchase.id] = purchase


def _place_payment(session: Session, fact: PaymentFact, written: Written) -> Payment | None:
    subscription = purchase = None
    if fact.subscription_ref:
        subscription = find_subscription(session, fact.realm, fact.subscription_ref)
        if subscription is None:
            written.missing.append(Ref("subscription", fact.subscription_ref))
            return None
    else:
        purchase = session.scalars(
            select(Purchase).where(
                Purchase.realm == fact.realm,
                Purchase.payment_ref == fact.ref,
                Purchase.payment_ref != "",
            )
        ).first()
        if purchase is None:
            if fact.order_key:
                written.missing.append(Ref("checkout_of", fact.ref))
            return None
    owner = subscription or purchase
    assert owner is not None
    payment = Payment(
        realm=fact.realm,
        ref=fact.ref,
        member_id=owner.member_id,
        subscription_id=subscription.id if subscription else None,
        purchase_id=purchase.id if purchase else None,
        status=fact.status,
        amount=fact.amount.amount,
        currency=fact.amount.currency,
        as_of=fact.as_of,
    )
    session.add(payment)
    session.flush()
    return payment
