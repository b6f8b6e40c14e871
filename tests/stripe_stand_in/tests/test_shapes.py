"""Every object is shaped as the library's generated classes say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.store import PREFIXES
from tests.stripe_stand_in.tests.shapes import check_shape
from tests.stripe_stand_in.tests.shop import member, price, session


@pytest.fixture
def everything(account: StripeStandIn, client: stripe.StripeClient) -> dict[str, dict[str, Any]]:
    """One object of each kind the stand-in makes, after a little life."""
    coupon = client.v1.coupons.create(params={"percent_off": 10, "duration": "once"})
    client.v1.promotion_codes.create(
        params={"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    )
    account.send_webhooks_to("http://127.0.0.1:9/none", events=["never.happens"])
    subscription = member(account, client, discounts=[{"coupon": coupon.id}])
    client.v1.billing_portal.sessions.create(params={"customer": str(subscription.customer)})
    client.v1.test_helpers.test_clocks.create(params={"frozen_time": 1_900_000_000})
    client.v1.setup_intents.create(params={"customer": str(subscription.customer)})
    single = session(client, price(client, 900, recurring=None))
    paid = account.control.pay_session(single.id)
    client.v1.refunds.create(params={"payment_intent": paid["payment_intent"], "amount": 100})
    account.control.dispute(str(subscription.latest_invoice))
    account.control.fail_next_renewal(subscription.id)
    account.control.advance(days=40)
    client.v1.invoice_items.create(
        params={"customer": str(subscription.customer), "amount": 300, "currency": "usd"}
    )
    made = {
        kind: account.world.store.all(kind)[-1]
        for kind in PREFIXES
        if kind not in ("item", "line_item")
    }
    made["item"] = account.world.store.get("checkout.session", single.id)["_line_items"][0]
    made["line_item"] = made["invoice"]["lines"]["data"][0]
    return {kind: public(thing) for kind, thing in made.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PREFIXES)
def test_each_object_has_the_keys_the_library_expects(
    everything: dict[str, dict[str, Any]], kind: str
) -> None:
    assert check_shape(everything[kind]) == []


@pytest.mark.slow
def test_objects_have_the_keys_of_the_published_examples(
    everything: dict[str, dict[str, Any]],
) -> None:
    """STRIPE_FIXTURES names a copy of Stripe's published fixtures3.json."""
    path = os.environ.get("STRIPE_FIXTURES")
    if not path:
        pytest.skip("STRIPE_FIXTURES is not set")
    published = json.loads(Path(path).read_text())["resources"]
    dated = {
        "subscription",
        "customer_account",
        "managed_payments",
        "excluded_payment_method_types",
    }
    for kind, thing in everything.items():
        missing = set(published[kind]) - set(thing) - dated
        unneeded = {key for key in missing if published[kind][key] in (None, [], {})}
        assert not missing - unneeded - _MAY_LACK.get(kind, set()), kind


_MAY_LACK: dict[str, set[str]] = {
    "charge": {"refunds"},  # only when expanded
    "setup_intent": {"payment_method_configuration_details"},
}


def test_the_checker_itself_sees_a_key_too_many_and_one_too_few() -> None:
    complaints = check_shape({"object": "refund", "id": "re_1", "colour": "red"})
    assert "refund.colour is unknown to Refund" in complaints
    assert "refund.amount is missing" in complaints
