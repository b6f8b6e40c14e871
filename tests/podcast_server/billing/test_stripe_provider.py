"""What is particular about Stripe: keys and modes, errors, the account's set-up, the session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import stripe

from podcast_server.billing.errors import (
    AmountRefused,
    ProviderRefused,
    ProviderUnavailable,
    WrongMode,
)
from podcast_server.billing.events import Ref
from podcast_server.billing.intervals import Interval
from podcast_server.billing.money import Money
from podcast_server.billing.providers.base import Order, Product
from podcast_server.billing.providers.stripe import account as account_of_stripe
from podcast_server.billing.providers.stripe.amounts import from_stripe, to_stripe
from podcast_server.billing.providers.stripe.checkouts import locale_of, session_params
from podcast_server.billing.providers.stripe.client import mode_of
from podcast_server.billing.providers.stripe.looking import Looking
from podcast_server.billing.providers.stripe.notices import EVENT_TYPES
from podcast_server.billing.providers.stripe.provider import StripeProvider
from tests.conftest import NOW, Clock
from tests.podcast_server.billing.post import Post
from tests.stripe_stand_in import KEY, StripeStandIn

ORDER = Order(
    key="orderkey",
    product_ref="prod_1",
    price_ref="price_1",
    each=Money(500, "eur"),
    interval=Interval("month"),
    quantity=1,
    email="ada@example.org",
    customer_ref="",
    trial_days=0,
    coupon_ref="",
    first_total=Money(500, "eur"),
    locale="fr",
    done_url="https://podcast.test/checkout/done",
    back_url="https://podcast.test/shows/harbour",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=24),
)


@pytest.fixture
def provider(account: StripeStandIn, clock: Clock) -> StripeProvider:
    return StripeProvider(KEY, [], lambda: clock.now, account.url)


@pytest.mark.parametrize(
    ("key", "mode"), [("sk_test_1", "test"), ("rk_test_1", "test"), ("sk_live_1", "live")]
)
def test_the_key_tells_the_mode(key: str, mode: str) -> None:
    assert mode_of(key) == mode


@pytest.mark.parametrize("key", ["pk_test_1", "", "whsec_1", "sk_1"])
def test_what_is_no_secret_key_is_refused(key: str) -> None:
    with pytest.raises(ProviderRefused, match="secret_key"):
        mode_of(key)


@pytest.mark.parametrize(
    ("money", "stripes"),
    [
        (Money(500, "eur"), 500),
        (Money(500, "jpy"), 500),
        (Money(5, "isk"), 500),
        (Money(7, "ugx"), 700),
        (Money(2340, "kwd"), 2340),
    ],
)
def test_amounts_in_stripes_units_and_back(money: Money, stripes: int) -> None:
    assert to_stripe(money) == stripes
    assert from_stripe(stripes, money.currency) == money


def test_coins_that_cards_cannot_pay_are_refused() -> None:
    with pytest.raises(AmountRefused, match="steps of ten"):
        to_stripe(Money(2345, "kwd"))


def test_the_session_carries_our_key_and_the_payers_language() -> None:
    params = session_params(ORDER)
    assert params["client_reference_id"] == "orderkey"
    assert params["subscription_data"] == {"metadata": {"order": "orderkey"}}
    assert params["locale"] == "fr"
    assert params["customer_email"] == "ada@example.org"
    assert params["success_url"].endswith("/checkout/done?session={CHECKOUT_SESSION_ID}")
    assert "expires_at" not in params


def test_the_toggles_reach_the_session() -> None:
    params = session_params(
        replace(
            ORDER,
            automatic_tax=True,
            billing_address=True,
            promotion_codes=True,
            customer_ref="cus_1",
            trial_days=14,
            expires_at=NOW + timedelta(minutes=35),
        )
    )
    assert params["automatic_tax"] == {"enabled": True}
    assert params["billing_address_collection"] == "required"
    assert params["allow_promotion_codes"] is True
    assert params["customer_update"] == {"address": "auto"}
    assert "customer_email" not in params
    assert params["subscription_data"]["trial_period_days"] == 14
    assert params["expires_at"] == int((NOW + timedelta(minutes=35)).timestamp())


@pytest.mark.parametrize(
    ("ours", "theirs"), [("fr", "fr"), ("fr_CA", "fr-CA"), ("de-AT", "de"), ("eo", "auto")]
)
def test_languages_stripe_does_not_speak_are_left_to_the_browser(ours: str, theirs: str) -> None:
    assert locale_of(ours) == theirs


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_outage_says_try_again_later(
    provider: StripeProvider, account: StripeStandIn, status: int
) -> None:
    account.control.fail_requests(count=10, status=status)
    with pytest.raises(ProviderUnavailable):
        provider.look_up(Ref("subscription", "sub_1"))


def test_a_stripe_that_cannot_be_reached_says_try_again_later(clock: Clock) -> None:
    provider = StripeProvider(KEY, [], lambda: clock.now, "http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable):
        provider.publish_product(Product("k", "x"))


def test_a_renamed_product_is_published_anew_under_the_same_key(provider: StripeProvider) -> None:
    first = provider.publish_product(Product("k", "Before"))
    assert provider.publish_product(Product("k", "After")) != first


def test_a_short_failure_is_not_even_noticed(
    provider: StripeProvider, account: StripeStandIn
) -> None:
    account.control.fail_requests(count=1, status=503)
    assert provider.publish_product(Product("k", "x")).startswith("prod_")


def test_objects_of_the_other_mode_are_refused(post: Post, clock: Clock) -> None:
    opened = post.shop.join(post.shop.plan().prices[0])
    post.account.control.pay_session(post.shop.ref(opened))
    live = Looking(post.account.client(), "stripe:live", lambda: clock.now)
    with pytest.raises(WrongMode):
        live.look_up(Ref("checkout", post.shop.ref(opened)))


def test_an_account_without_a_webhook_is_told_how_to_get_one(
    provider: StripeProvider, account: StripeStandIn
) -> None:
    advice = {each.subject: each.advice for each in provider.check("https://podcast.test")}
    assert "payments connect" in advice["stripe webhook"]
    assert advice["stripe portal"] == ""


def test_connecting_registers_the_webhook_with_all_events_once(
    provider: StripeProvider, account: StripeStandIn
) -> None:
    assert provider.connect("https://podcast.test").startswith("whsec_")
    assert provider.connect("https://podcast.test") == ""
    [endpoint] = account.client().v1.webhook_endpoints.list().data
    assert endpoint.url == "https://podcast.test/webhooks/stripe"
    assert set(endpoint.enabled_events) == set(EVENT_TYPES)
    assert all(each.advice == "" for each in provider.check("https://podcast.test"))


def test_an_incomplete_webhook_is_named_and_completed(
    provider: StripeProvider, account: StripeStandIn
) -> None:
    account.send_webhooks_to("https://podcast.test/webhooks/stripe", ["invoice.paid"])
    [finding] = [f for f in provider.check("https://podcast.test") if f.advice]
    assert "checkout.session.completed" in finding.message
    provider.connect("https://podcast.test")
    assert all(each.advice == "" for each in provider.check("https://podcast.test"))


@pytest.mark.parametrize(("ours", "wrong"), [("2020-01-01.ours", True), ("2099-01-01.ours", False)])
def test_a_webhook_that_speaks_a_newer_language_is_named(
    provider: StripeProvider, monkeypatch: pytest.MonkeyPatch, ours: str, wrong: bool
) -> None:
    provider.connect("https://podcast.test")
    monkeypatch.setattr(account_of_stripe, "OUR_VERSION", ours)
    told = {each.subject: each for each in provider.check("https://podcast.test")}["stripe webhook"]
    assert str(stripe.api_version) in told.message
    assert bool(told.advice) is wrong


def test_an_account_without_a_portal_is_told_where_to_save_it(clock: Clock) -> None:
    with StripeStandIn(now=clock, portal=False) as account:
        provider = StripeProvider(KEY, [], lambda: clock.now, account.url)
        advice = {each.subject: each.advice for each in provider.check("https://podcast.test")}
        assert "billing/portal" in advice["stripe portal"]


@pytest.mark.thorough
def test_who_sells_by_hand_does_not_wait_for_the_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import podcast_server.services, podcast_server.webhooks.stripe;"
        "import podcast_server.cli.main; sys.exit('stripe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
