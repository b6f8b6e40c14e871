"""Two shops: one whose podcaster confirms payments, one that sells through Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from episodes.models import Show
from feeds.delivery.lane import Lane
from podcast_server.app import create_app
from podcast_server.billing.providers.stripe.provider import StripeProvider
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import Shop, open_shop
from tests.podcast_server.conftest import StillPostman
from tests.stripe_stand_in import KEY, StripeStandIn


@pytest.fixture
def shop(engine: Engine, clock: Clock, show: Show) -> Shop:
    """Payments by hand."""
    return open_shop(engine, None, clock, show)


@pytest.fixture
def account(clock: Clock) -> Iterator[StripeStandIn]:
    """A Stripe account that lives on the test's clock."""
    with StripeStandIn(now=clock) as running:
        yield running


@pytest.fixture
def stripe_shop(engine: Engine, clock: Clock, show: Show, account: StripeStandIn) -> Shop:
    """Payments through Stripe."""
    secret = account.send_webhooks_to("http://127.0.0.1:9/webhooks/stripe")
    account.control.webhooks(hold=True)
    provider = StripeProvider(KEY, [secret], lambda: clock.now, account.url)
    return open_shop(engine, provider, clock, show)


@pytest.fixture
def post(stripe_shop: Shop, account: StripeStandIn, services: Services, lane: Lane) -> Post:
    """The webhook endpoint of the real application, in front of the Stripe shop."""
    till = stripe_shop.till
    stripe = till.selling
    assert isinstance(stripe, StripeProvider)
    providers = replace(services.providers, stripe=stripe)
    app = create_app(
        replace(services, providers=providers, till=till), lane, lambda: stripe_shop.now
    )
    app.config["POSTMAN"] = app.config["TELLER"] = StillPostman()
    return Post(account, app, stripe_shop)
