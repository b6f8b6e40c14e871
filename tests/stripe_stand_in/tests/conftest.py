from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn


@pytest.fixture
def account() -> Iterator[StripeStandIn]:
    with StripeStandIn() as running:
        yield running


@pytest.fixture
def client(account: StripeStandIn) -> stripe.StripeClient:
    return account.client(max_network_retries=0)
