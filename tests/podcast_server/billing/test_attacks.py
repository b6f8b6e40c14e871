"""Attacks on the till, each of which has to come to nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcast_server.billing.changes import own_subscription, portal_link
from podcast_server.billing.checkout import Buyer, complete_checkout, is_own_path, open_checkout
from podcast_server.billing.coupons import create_coupon
from podcast_server.billing.errors import (
    BillingError,
    ForgedNotice,
    NoSuchOffer,
    NotForSale,
    NotYours,
    WrongMode,
)
from podcast_server.billing.models import Checkout, PaymentEvent, Subscription
from podcast_server.billing.plans import PriceTerms, membership_basket
from podcast_server.billing.providers.stripe.notices import read_notice
from podcast_server.billing.reconcile import reconcile
from podcast_server.billing.till import Terms
from tests.builders import build_member
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, MONTH, Shop, eur

MALLORY = "mallory@example.org"


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def sign(body: bytes, secret: str, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


def event(kind: str = "checkout.session.completed", **thing: Any) -> bytes:
    value = {
        "id": "evt_forged",
        "type": kind,
        "livemode": False,
        "data": {"object": {"id": "cs_test_1"} | thing},
    }
    return json.dumps(value).encode()


def knock(post: Post, body: bytes, signature: str | None) -> int:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return post.client.post("/webhooks/stripe", data=body, headers=headers).status_code


def kept(shop: Shop) -> int:
    with shop.session() as session:
        return session.query(PaymentEvent).count()


# webhooks


@pytest.mark.parametrize(
    "signature",
    [None, "", "nonsense", "t=1,v1=00", "v1=00", "t=abc,v1=00", "t=99999999999999999999,v1=00"],
)
def test_a_webhook_without_a_good_signature_is_refused(
    post: Post, shop: Shop, signature: str | None
) -> None:
    assert knock(post, event(), signature) == 400
    assert kept(shop) == 0


def test_a_webhook_signed_with_another_secret_is_refused(post: Post, shop: Shop) -> None:
    assert knock(post, event(), sign(event(), "whsec_mallory")) == 400
    assert kept(shop) == 0


def test_a_webhook_changed_on_its_way_is_refused(post: Post, shop: Shop) -> None:
    signature = sign(event(), post.account.webhook_secret)
    assert knock(post, event(id="cs_test_2"), signature) == 400
    assert kept(shop) == 0


def test_a_recorded_webhook_played_again_later_is_refused(post: Post, shop: Shop) -> None:
    body = event()
    old = sign(body, post.account.webhook_secret, time.time() - 301)
    assert knock(post, body, old) == 400
    assert kept(shop) == 0


def test_a_recorded_webhook_played_again_at_once_changes_nothing(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    letters = post.take()
    for letter in letters:
        post.send(letter)
    post.work_off()
    before = len(shop.ledger()), kept(shop)
    for letter in letters:
        assert post.send(letter) == 200
    post.work_off()
    assert (len(shop.ledger()), kept(shop)) == before


def test_a_live_event_never_enters_a_test_account(post: Post, shop: Shop) -> None:
    body = json.dumps(json.loads(event()) | {"livemode": True}).encode()
    assert knock(post, body, sign(body, post.account.webhook_secret)) == 400
    assert kept(shop) == 0


def test_two_secrets_stand_while_one_replaces_the_other() -> None:
    body = event()
    for secret in ("whsec_old", "whsec_new"):
        read_notice(body, sign(body, secret), ["whsec_old", "whsec_new"], "stripe:test")
    with pytest.raises(ForgedNotice):
        read_notice(body, sign(body, "whsec_old"), ["whsec_new"], "stripe:test")
    with pytest.raises(ForgedNotice):
        read_notice(body, sign(body, ""), [], "stripe:test")
    with pytest.raises(WrongMode):
        read_notice(body, sign(body, "whsec_old"), ["whsec_old"], "stripe:live")


@given(st.binary(max_size=300), st.text(max_size=100))
def test_no_bytes_break_the_reading_of_webhooks(body: bytes, signature: str) -> None:
    with pytest.raises(ForgedNotice):
        read_notice(body, signature, ["whsec_x"], "stripe:test")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "data", "object", "livemode"]), inner)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_json)
def test_no_signed_json_breaks_the_reading_of_webhooks(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        notice = read_notice(body, sign(body, "whsec_x"), ["whsec_x"], "stripe:test")
    except (ForgedNotice, WrongMode):
        return
    assert len(notice.ref) <= 255


def test_a_huge_webhook_is_refused_unread(post: Post, shop: Shop) -> None:
    assert knock(post, b"x" * (2 * 1024 * 1024), "t=1,v1=00") in {400, 413}
    assert kept(shop) == 0


def test_without_stripe_there_is_no_webhook(client: Any) -> None:
    assert client.post("/webhooks/stripe", data=b"{}").status_code == 404


def test_a_signed_event_naming_what_was_never_paid_opens_nothing(post: Post, shop: Shop) -> None:
    """Even somebody with the webhook secret cannot lie: the facts are looked up."""
    opened = shop.join(shop.plan().prices[0], MALLORY)
    body = event(
        id=shop.ref(opened),
        status="complete",
        payment_status="paid",
        client_reference_id=opened.key,
        subscription="sub_invented",
    )
    assert knock(post, body, sign(body, post.account.webhook_secret)) == 200
    post.work_off()
    assert not shop.hears(MALLORY)


# what belongs to somebody else


def test_the_return_page_of_somebody_elses_checkout_is_refused(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    for own_keys, member_id in (([], None), (["somethingelse"], None), ([], 4711)):
        with pytest.raises(NotYours):
            complete_checkout(shop.till, shop.ref(opened), own_keys, member_id, shop.now)


@pytest.mark.parametrize("ref", ["", "cs_test_unknown", "' OR ''='", "../../etc", "x" * 9999])
def test_the_return_page_with_an_invented_session_is_refused(shop: Shop, ref: str) -> None:
    shop.join(shop.plan().prices[0])
    with pytest.raises(NotYours):
        complete_checkout(shop.till, ref, [shop.opened[0].key], None, shop.now)


def test_an_own_checkout_does_not_vouch_for_somebody_elses_session(post: Post, shop: Shop) -> None:
    price = shop.plan().prices[0]
    victim, mallory = shop.join(price), shop.join(price, MALLORY)
    post.account.control.pay_session(shop.ref(victim))
    with pytest.raises(NotYours):
        complete_checkout(shop.till, shop.ref(victim), [mallory.key], None, shop.now)


@pytest.mark.thorough
def test_metadata_pointing_at_somebody_elses_checkout_moves_nothing(post: Post, shop: Shop) -> None:
    """Metadata can be edited in a dashboard; it only hints where to look."""
    price = shop.plan().prices[0]
    victim, mallory = shop.join(price), shop.join(price, MALLORY)
    post.account.control.pay_session(shop.ref(victim))
    post.deliver()
    client = post.account.client()
    client.v1.subscriptions.update(shop.subscription().ref, {"metadata": {"order": mallory.key}})
    post.deliver()
    reconcile(shop.till, shop.now)
    assert shop.hears()
    assert not shop.hears(MALLORY)


@pytest.mark.thorough
def test_a_foreign_subscription_with_our_metadata_opens_nothing(post: Post, shop: Shop) -> None:
    """As if somebody could make cheap subscriptions in the account, and copied a key."""
    mallory = shop.join(shop.plan().prices[0], MALLORY)
    client = post.account.client()
    product = client.v1.products.create({"name": "One cent"})
    price = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 50,
            "recurring": {"interval": "month"},
        }
    )
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": "https://shop.example/",
            "line_items": [{"price": price.id, "quantity": 1}],
            "client_reference_id": mallory.key,
            "metadata": {"order": mallory.key},
            "subscription_data": {"metadata": {"order": mallory.key}},
        }
    )
    post.account.control.pay_session(session.id)
    post.deliver()
    reconcile(shop.till, shop.now)
    assert not shop.hears(MALLORY)


def test_the_portal_of_another_customer_cannot_be_had(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    subscription = shop.subscription()
    with shop.session() as session:
        mallory = build_member(session, shop.now, MALLORY)
        with pytest.raises(NotYours):
            own_subscription(session, subscription.key, mallory.id)
        with pytest.raises(NotYours):
            own_subscription(session, "guessed", mallory.id)
        assert own_subscription(session, subscription.key, subscription.member_id)


def test_ids_cannot_be_counted_through(post: Post, shop: Shop) -> None:
    price = shop.plan().prices[0]
    keys = [shop.join(price, f"p{n}@example.org").key for n in range(3)]
    assert all(len(key) == 16 for key in keys)
    assert len({key[:6] for key in keys}) == 3


# prices and coupons


def test_a_retired_price_cannot_be_bought_by_its_old_key(shop: Shop) -> None:
    price = shop.plan().prices[0]
    with shop.session() as session:
        from podcast_server.billing.models import Price
        from podcast_server.billing.plans import retire_price

        retire_price(session.get_one(Price, price.id), shop.now)
    with pytest.raises(NotForSale):
        shop.join(price)


def test_the_price_paid_is_ours_whatever_the_form_said(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan(PriceTerms(eur(2500), MONTH)).prices[0])
    session = post.account.control.get(shop.ref(opened))
    assert session["amount_total"] == 2500


@given(st.text(max_size=40))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
def test_no_price_key_breaks_the_till(shop: Shop, key: str) -> None:
    with shop.session() as session, pytest.raises(NoSuchOffer):
        membership_basket(session, key, email=EMAIL, now=shop.now)


def test_a_coupon_is_used_as_often_as_allowed_and_once_by_each(post: Post, shop: Shop) -> None:
    price = shop.plan().prices[0]
    with shop.session() as session:
        create_coupon(session, code="FEW", percent=50, most_uses=2, now=shop.now)
    opened = shop.join(price, code="FEW")
    assert post.account.control.get(shop.ref(opened))["amount_total"] == 250
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    with pytest.raises(NotForSale, match="before"):
        shop.join(price, code="few")
    shop.join(price, "b@example.org", code="FEW")
    with pytest.raises(NotForSale, match="used up"):
        shop.join(price, "c@example.org", code="FEW")


@pytest.mark.parametrize("code", ["NOPE", "", "'; --", "F" * 500, "\x00"])
def test_an_unknown_code_is_refused(shop: Shop, code: str) -> None:
    price = shop.plan().prices[0]
    if code:
        with pytest.raises(NoSuchOffer):
            shop.join(price, code=code)


def test_a_code_for_euros_takes_nothing_off_dollars(shop: Shop) -> None:
    from podcast_server.billing.money import Money

    price = shop.plan(PriceTerms(Money(500, "usd"), MONTH)).prices[0]
    with shop.session() as session:
        create_coupon(session, code="EUROS", off=eur(400), now=shop.now)
    with pytest.raises(NotForSale, match="EUR"):
        shop.join(price, code="EUROS")


def test_a_coupon_larger_than_the_price_makes_it_free_and_not_negative(
    post: Post, shop: Shop
) -> None:
    price = shop.plan().prices[0]
    with shop.session() as session:
        create_coupon(session, code="BIG", off=eur(99999), now=shop.now)
    opened = shop.join(price, code="BIG")
    assert post.account.control.get(shop.ref(opened))["amount_total"] == 0


# redirects


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "",
        "shows/x",
        "/a\nSet-Cookie: x",
        "/a b",
    ],
)
def test_nobody_is_sent_to_another_site(shop: Shop, path: str) -> None:
    assert not is_own_path(path)
    price = shop.plan().prices[0]
    with pytest.raises(ValueError, match="not a path"):
        open_checkout(
            shop.till,
            lambda s: membership_basket(s, price.key, email=EMAIL, now=shop.now),
            Buyer(EMAIL),
            path,
            shop.now,
        )


def test_the_portal_comes_back_to_this_site_only(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    with pytest.raises(BillingError):
        portal_link(shop.till, shop.subscription(), "", "https://evil.example/", "en")


def test_the_return_address_given_to_stripe_is_ours(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    session = post.account.control.get(shop.ref(opened))
    for name in ("success_url", "cancel_url"):
        assert session[name].startswith("http://podcast.test/")


# test money


def test_test_money_counts_nothing_once_the_account_is_live(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    assert shop.hears()
    from dataclasses import replace

    live = Terms(
        shop.till.terms.rules,
        "testkey",
        b"secret",
        frozenset({"stripe:live", "manual"}),
    )
    manual = {"manual": shop.till.providers["manual"]}
    reconcile(replace(shop.till, terms=live, providers=manual), shop.now)
    assert not shop.hears()


def test_a_checkout_keeps_nothing_that_was_not_asked(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0], " Ada@Example.ORG ")
    with shop.session() as session:
        row = session.query(Checkout).filter_by(key=opened.key).one()
        assert (row.email, row.member_id) == (EMAIL, None)
        assert session.query(Subscription).count() == 0
