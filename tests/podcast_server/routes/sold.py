"""One of everything there is to buy, paid or promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.episodes import episodes_of
from episodes.models import Show
from podcast_server.accounts.models import Member
from podcast_server.billing.basket import Basket
from podcast_server.billing.checkout import Buyer, Opened, complete_checkout, open_checkout
from podcast_server.billing.coupons import create_coupon
from podcast_server.billing.donations import donation_basket
from podcast_server.billing.gifts import gift_basket
from podcast_server.billing.models import (
    Checkout,
    ManualOrder,
    PaymentEvent,
    Plan,
    Subscription,
)
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan, membership_basket
from podcast_server.billing.sales import collection_basket, create_collection
from podcast_server.billing.seats import seats_basket
from podcast_server.demo.sample import PAYING, SLUG
from podcast_server.jobs.schedule import work_off_payments
from podcast_server.services import Services
from tests.podcast_server.routes.values import World
from tests.stripe_stand_in import StripeStandIn

ANOTHER = "eve@example.org"  # who pays too, without a discount


def sell(services: Services, account: StripeStandIn, world: World, now: dt.datetime) -> None:
    """One of everything there is to buy, paid through Stripe; and two promised by hand."""
    with services.sessions.begin() as session:
        show = session.scalars(select(Show).where(Show.slug == SLUG)).one()
        ada = session.scalars(select(Member).where(Member.email == PAYING)).one().id
        plan = session.scalars(select(Plan).where(Plan.slug == "supporter")).one()
        price = plan.prices[0].key
        free = create_plan(session, name="Free", opens=[(show, None)], prices=[], now=now)
        create_coupon(session, code="SPRING", percent=20, now=now)
        collection = create_collection(
            session,
            name="The storms",
            items=[episodes_of(session, show.id)[-1]],
            price=PriceTerms(Money(900, "eur"), None),
            now=now,
        )
        sale = collection.prices[0].key
        slug = collection.slug
        world.add("plan", plan.key, free.key)

    def member(s: Session) -> Basket:
        return membership_basket(s, price, email=PAYING, now=now)

    def hers(s: Session) -> Basket:
        return membership_basket(s, price, email=ANOTHER, now=now)

    baskets: list[Callable[[Session], Basket]] = [
        member,
        lambda s: seats_basket(s, price, seats=3, name="The crew", now=now),
        lambda s: gift_basket(s, price, times=2, recipient_name="Ida", now=now),
        lambda s: collection_basket(s, services.till.terms, sale, chosen=None, member_id=ada),
        lambda s: donation_basket(
            s.scalars(select(Show).where(Show.slug == SLUG)).one(),
            Money(700, "eur"),
            monthly=False,
            name="Ada",
            message="For the harbour",
            wants_thanks=True,
        ),
    ]
    keys = []
    for fill in baskets:
        opened = open_checkout(services.till, fill, Buyer(PAYING, ada), "/shows/harbour", now)
        keys.append(_pay(services, account, opened, now))
    eve = open_checkout(services.till, hers, Buyer(ANOTHER), "/shows/harbour", now)
    _pay(services, account, eve, now, ANOTHER)
    waiting = open_checkout(services.till, member, Buyer(PAYING, ada), "/shows/harbour", now)
    world.sessions["member"] = {"checkouts": [*keys, waiting.key]}
    by_hand = replace(services.till, selling=services.providers.manual)
    for email in ("transfer@example.org", "promise@example.org"):

        def promised(s: Session, email: str = email) -> Basket:
            return membership_basket(s, price, email=email, now=now)

        open_checkout(by_hand, promised, Buyer(email), "/shows/harbour", now)
    with services.sessions() as session:
        refs = list(session.scalars(select(ManualOrder.ref).order_by(ManualOrder.id)))
    services.providers.manual.confirm(refs[0])
    with services.sessions() as session:
        order = session.scalars(select(Checkout).where(Checkout.ref == refs[0])).one()
    complete_checkout(services.till, refs[0], [order.key], None, now)
    with services.sessions.begin() as session:
        paid = select(Subscription).where(Subscription.member_id == ada)
        for subscription in session.scalars(paid):
            subscription.discount = "SPRING"
    world.add("order", *reversed(refs))
    world.add("sale_slug", slug)
    _events(services, world, now)


def _pay(
    services: Services,
    account: StripeStandIn,
    opened: Opened,
    now: dt.datetime,
    email: str = PAYING,
) -> str:
    with services.sessions() as session:
        ref = session.scalars(select(Checkout.ref).where(Checkout.key == opened.key)).one()
    account.control.pay_session(ref, email=email)
    complete_checkout(services.till, ref, [opened.key], None, now)
    return opened.key


def _events(services: Services, world: World, now: dt.datetime) -> None:
    """What the provider told: one worked off, one that nobody can make sense of."""
    with services.sessions.begin() as session:
        for ref, status in (("evt_1", "needs_attention"), ("evt_2", "done")):
            session.add(
                PaymentEvent(
                    realm=services.till.selling.realm,
                    ref=ref,
                    type="invoice.paid",
                    payload="{}",
                    received_at=now,
                    status=status,
                    next_try_at=now + dt.timedelta(days=9),
                )
            )
    world.add("event_ref", "evt_1", "evt_2")
    work_off_payments(services, now)
