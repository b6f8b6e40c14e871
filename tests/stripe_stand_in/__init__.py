"""A stateful stand-in for Stripe, for tests: real HTTP, the real library, no cloud.

    with StripeStandIn() as stripe_account:
        client = stripe_account.client()
        product = client.v1.products.create(params={"name": "Early access"})

It answers the API version of the installed `stripe` library, checks every request against that
library's own parameter types, sends signed webhooks, and shows payment pages a browser can use.
`python -m tests.stripe_stand_in --webhook-url URL` runs it by hand.
"""

from tests.stripe_stand_in.errors import StripeError
from tests.stripe_stand_in.server import KEY, StripeStandIn
from tests.stripe_stand_in.webhooks import Delivery
from tests.stripe_stand_in.world import DAY, Settings

__all__ = ["DAY", "KEY", "Delivery", "Settings", "StripeError", "StripeStandIn"]
