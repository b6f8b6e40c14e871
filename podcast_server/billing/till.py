"""What taking money needs, gathered once: the database, the providers, the podcaster's rules."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from podcast_server.billing.dunning import Rules
from podcast_server.billing.errors import BillingError
from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.database import reading


@dataclass(frozen=True, slots=True)
class Terms:
    """What turning facts into rights needs.

    signing_key: the key that new feeds are minted with; gift_secret: what gift codes are made
    from; realms: whose money counts.
    """

    rules: Rules
    signing_key: str
    gift_secret: bytes
    realms: frozenset[str]

    def is_void(self, realm: str) -> bool:
        """Whether it was play money: paid in test mode, while the account is live."""
        return realm.endswith(":test") and any(each.endswith(":live") for each in self.realms)


@dataclass(frozen=True, slots=True)
class Toggles:
    """What the payment page does besides taking the card."""

    promotion_codes: bool = True
    automatic_tax: bool = False
    billing_address: bool = False


@dataclass(frozen=True, slots=True)
class Till:
    """Where money is taken. ``selling`` is the provider of new sales; older ones go on."""

    engine: Engine
    sessions: sessionmaker[Session]
    selling: PaymentProvider
    providers: Mapping[str, PaymentProvider]
    terms: Terms
    public_url: str
    toggles: Toggles = field(default_factory=Toggles)

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only reads."""
        return reading(self.engine)

    def provider_of(self, realm: str) -> PaymentProvider:
        """The provider of a realm. Raises BillingError when it is not set up any more."""
        try:
            return self.providers[realm]
        except KeyError:
            raise BillingError(f"payments through {realm} are not set up here") from None
