"""Which providers there are: the manual one always, Stripe when it has a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session, sessionmaker

from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.billing.providers.manual.provider import ManualProvider

if TYPE_CHECKING:
    from podcast_server.billing.providers.stripe.provider import StripeProvider


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What providers need to know; an empty key leaves Stripe out."""

    public_url: str
    stripe_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_api_base: str = ""


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of this installation; ``stripe`` is None without a key."""

    manual: ManualProvider
    stripe: StripeProvider | None

    @property
    def selling(self) -> PaymentProvider:
        """Who takes new orders."""
        return self.manual if self.stripe is None else self.stripe

    def by_realm(self) -> dict[str, PaymentProvider]:
        """All of them by realm."""
        each: list[PaymentProvider] = [self.manual]
        if self.stripe is not None:
            each.append(self.stripe)
        return {provider.realm: provider for provider in each}


def open_providers(
    settings: ProviderSettings, sessions: sessionmaker[Session], clock: Callable[[], datetime]
) -> Providers:
    """Open what is configured. Raises ProviderRefused for a key that cannot be one."""
    stripe = None
    if settings.stripe_key:
        # The library takes half a second to import: only who uses it waits for it.
        from podcast_server.billing.providers.stripe.provider import StripeProvider

        stripe = StripeProvider(
            settings.stripe_key,
            list(settings.stripe_webhook_secrets),
            clock,
            settings.stripe_api_base,
        )
    return Providers(ManualProvider(sessions, clock, settings.public_url), stripe)
