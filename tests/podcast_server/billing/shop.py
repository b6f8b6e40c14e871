"""A shop for tests: one show with a tier, a till, a clock, and short ways to buy things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.models import Show, Tier
from feeds.access import Entitlement, entitlement_at, parse_windows
from feeds.models import Access, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.billing.basket import Basket
from podcast_server.billing.checkout import (
    Buyer,
    Finished,
    Opened,
    complete_checkout,
    open_checkout,
)
from podcast_server.billing.dunning import Rules
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Checkout, Plan, Price, Purchase, Subscription
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan, membership_basket
from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.billing.providers.manual.provider import ManualProvider
from podcast_server.billing.till import Terms, Till
from podcast_server.database import session_factory
from tests.conftest import Clock

MONTH = Interval("month")
YEAR = Interval("year")
EMAIL = "ada@example.org"


def eur(cents: int) -> Money:
    return Money(cents, "eur")


@dataclass
class Shop:
    """What most tests of money begin with."""

    engine: Engine
    till: Till
    clock: Clock
    show: Show
    opened: list[Opened] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.clock.now

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.till.sessions.begin() as session:
            yield session

    def plan(
        self,
        *prices: PriceTerms,
        name: str = "Supporter",
        opens: list[tuple[Show, Tier | None]] | None = None,
        **fields: Any,
    ) -> Plan:
        """A plan for the show at five euros a month, unless told otherwise."""
        with self.session() as session:
            plan = create_plan(
                session,
                name=name,
                opens=opens or [(self.show, None)],
                prices=prices or [PriceTerms(eur(500), MONTH)],
                now=self.now,
                fields=fields,
            )
            session.refresh(plan)
            list(plan.prices)
        return plan

    def open(
        self, fill: Callable[[Session], Basket], email: str = EMAIL, member_id: int | None = None
    ) -> Opened:
        """Start paying."""
        buyer = Buyer(email, member_id)
        opened = open_checkout(self.till, fill, buyer, "/shows/harbour", self.now)
        self.opened.append(opened)
        return opened

    def join(self, price: Price, email: str = EMAIL, **more: Any) -> Opened:
        """Start joining a plan."""
        return self.open(
            lambda s: membership_basket(s, price.key, email=email, now=self.now, **more), email
        )

    def ref(self, opened: Opened) -> str:
        """The provider's id of a checkout."""
        with self.session() as session:
            return session.scalars(select(Checkout.ref).where(Checkout.key == opened.key)).one()

    def finish(self, opened: Opened) -> Finished:
        """Come back from the payment page."""
        return complete_checkout(self.till, self.ref(opened), [opened.key], None, self.now)

    def member(self, email: str = EMAIL) -> Member | None:
        with self.session() as session:
            return session.scalars(select(Member).where(Member.email == email)).first()

    def entitlement(self, email: str = EMAIL, show: Show | None = None) -> Entitlement:
        """What delivery would find now."""
        member = self.member(email)
        with self.session() as session:
            row = member and session.get(Access, (member.id, (show or self.show).id))
            windows = parse_windows(row.windows if row else "[]")
        return entitlement_at(windows, self.now.timestamp())

    def hears(self, email: str = EMAIL, show: Show | None = None) -> bool:
        """Whether members' episodes play now."""
        return self.entitlement(email, show).is_member

    def feeds(self, email: str = EMAIL) -> list[PrivateFeed]:
        member = self.member(email)
        with self.session() as session:
            query = select(PrivateFeed).where(PrivateFeed.member_id == (member.id if member else 0))
            return list(session.scalars(query.order_by(PrivateFeed.id)))

    def ledger(self) -> list[LedgerEntry]:
        with self.session() as session:
            return list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)))

    def subscription(self, email: str = EMAIL) -> Subscription:
        """The newest one."""
        with self.session() as session:
            return session.scalars(
                select(Subscription)
                .join(Member, Member.id == Subscription.member_id)
                .where(Member.email == email)
                .order_by(Subscription.id.desc())
            ).first() or _none("subscription")

    def purchase(self) -> Purchase:
        """The newest one."""
        with self.session() as session:
            query = select(Purchase).order_by(Purchase.id.desc())
            return session.scalars(query).first() or _none("purchase")


def _none(what: str) -> Any:
    raise AssertionError(f"there is no {what}")


def open_shop(engine: Engine, provider: PaymentProvider | None, clock: Clock, show: Show) -> Shop:
    """A shop that sells through ``provider``, or by hand."""
    sessions = session_factory(engine)
    manual = ManualProvider(sessions, lambda: clock.now, "http://podcast.test")
    providers: dict[str, PaymentProvider] = {manual.realm: manual}
    if provider is not None:
        providers[provider.realm] = provider
    till = Till(
        engine=engine,
        sessions=sessions,
        selling=provider or manual,
        providers=providers,
        terms=Terms(Rules(grace=timedelta(days=7)), "testkey", b"secret", frozenset(providers)),
        public_url="http://podcast.test",
    )
    return Shop(engine, till, clock, show)
