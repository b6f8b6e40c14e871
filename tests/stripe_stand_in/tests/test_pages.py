"""The payment page, form by form."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds, price, session


def get(made: stripe.checkout.Session) -> str:
    return httpx.get(str(made.url), trust_env=False).text


def post(made: stripe.checkout.Session, action: str = "pay", **fields: str) -> httpx.Response:
    typed = {"action": action, "method": "card", "email": "ada@example.com"} | fields
    return httpx.post(str(made.url), data=typed, trust_env=False)


def total(made: stripe.checkout.Session) -> str:
    found = re.search(r'id="total">([^<]+)<', get(made))
    return found[1] if found else ""


def test_paying_returns_to_the_shop_with_the_sessions_id(client: stripe.StripeClient) -> None:
    made = session(client, price(client))
    answer = post(made, card="4242 4242 4242 4242")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://shop.example/thanks?session={made.id}"


def test_the_page_shows_price_interval_and_the_way_back(client: stripe.StripeClient) -> None:
    page = get(session(client, price(client)))
    assert "5.00 USD per" in page
    assert "month" in page
    assert 'href="https://shop.example/plans"' in page


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("4000000000000002", "Your card was declined."),
        ("4000000000009995", "insufficient funds"),
        ("4000000000000069", "expired"),
        ("1234", "Your card number is invalid."),
        ("", "Your card number is invalid."),
    ],
)
def test_a_bad_card_is_told_so_and_may_try_again(
    client: stripe.StripeClient, card: str, words: str
) -> None:
    made = session(client, price(client))
    answer = post(made, card=card)
    assert answer.status_code == 402
    assert words in answer.text
    assert post(made, card="4242424242424242").status_code == 303


def test_a_declined_single_sale_leaves_a_failed_charge_behind(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, recurring=None))
    post(made, card="4000000000000002")
    assert kinds(account)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    post(made, card="4242424242424242")
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_promotion_code_is_typed_and_taken_off(client: stripe.StripeClient) -> None:
    half = client.v1.coupons.create(params={"percent_off": 50, "duration": "once"})
    client.v1.promotion_codes.create(
        params={"promotion": {"type": "coupon", "coupon": half.id}, "code": "SPRING"}
    )
    made = session(client, price(client, 1000), allow_promotion_codes=True)
    assert "This code is invalid." in post(made, "code", code="AUTUMN").text
    assert post(made, "code", code="spring").status_code == 303
    assert total(made) == "5.00 USD"
    post(made, card="4242424242424242")
    assert client.v1.checkout.sessions.retrieve(made.id).amount_total == 500


def test_a_session_without_promotion_codes_takes_none(client: stripe.StripeClient) -> None:
    made = session(client, price(client))
    assert "Promotion code" not in get(made)
    assert post(made, "code", code="SPRING").status_code == 402


def test_the_amount_of_a_donation_is_typed(client: stripe.StripeClient) -> None:
    tip = price(
        client,
        recurring=None,
        unit_amount=None,
        custom_unit_amount={"enabled": True, "minimum": 300, "preset": 500},
    )
    made = session(client, tip, submit_type="donate")
    assert 'value="5.00"' in get(made)
    for wrong in ("2.99", "-5", "five", "1e9", "5.001"):
        assert post(made, card="4242424242424242", amount=wrong).status_code == 402
    assert post(made, card="4242424242424242", amount="12,50").status_code == 303
    assert client.v1.checkout.sessions.retrieve(made.id).amount_total == 1250


def test_the_quantity_changes_within_its_limits(client: stripe.StripeClient) -> None:
    sold = price(client)
    made = session(
        client,
        sold,
        line_items=[
            {
                "price": sold.id,
                "quantity": 2,
                "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
            }
        ],
    )
    line = client.v1.checkout.sessions.line_items.list(made.id).data[0].id
    assert post(made, "quantity", line=line, quantity="6").status_code == 402
    assert post(made, "quantity", line=line, quantity="4").status_code == 303
    assert total(made) == "20.00 USD"


def test_a_bank_asks_and_the_answer_counts(client: stripe.StripeClient) -> None:
    made = session(client, price(client))
    asked = post(made, card="4000002760003184")
    assert "3D Secure" in asked.text
    assert post(made, card="4000002760003184", confirmed="no").status_code == 402
    assert post(made, card="4000002760003184", confirmed="yes").status_code == 303


def test_a_required_address_is_asked_for_and_kept(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client), billing_address_collection="required")
    assert post(made, card="4242424242424242").status_code == 402
    address = {"country": "DE", "line1": "Allee 1", "city": "Berlin", "postal_code": "10115"}
    post(made, card="4242424242424242", **address)
    done = client.v1.checkout.sessions.retrieve(made.id)
    assert client.v1.customers.retrieve(str(done.customer))["address"]["city"] == "Berlin"


@pytest.mark.parametrize(
    ("currency", "kind", "account_number"),
    [
        ("usd", "us_bank_account", "000123456789"),
        ("eur", "sepa_debit", "AT611904300234573201"),
    ],
)
def test_a_bank_debit_is_offered_where_the_currency_has_one(
    client: stripe.StripeClient, currency: str, kind: str, account_number: str
) -> None:
    made = session(client, price(client, recurring=None, currency=currency))
    assert made.payment_method_types == ["card", kind]
    assert account_number in get(made)
    assert post(made, method="bank", account=account_number).status_code == 303
    assert client.v1.checkout.sessions.retrieve(made.id).payment_status == "unpaid"


def test_no_bank_debit_where_there_is_none(client: stripe.StripeClient) -> None:
    made = session(client, price(client, currency="jpy"))
    assert "Bank debit" not in get(made)
    assert post(made, method="bank", account="000123456789").status_code == 402


def test_a_known_customer_cannot_change_the_email_of_the_session(
    client: stripe.StripeClient,
) -> None:
    known = client.v1.customers.create(params={"email": "known@example.com"})
    made = session(client, price(client), customer=known.id)
    assert 'value="known@example.com" readonly' in get(made)
    post(made, card="4242424242424242", email="other@example.com")
    done: Any = client.v1.checkout.sessions.retrieve(made.id)
    assert done["customer_details"]["email"] == "known@example.com"


def test_a_paid_or_expired_page_is_gone(client: stripe.StripeClient) -> None:
    made = session(client, price(client))
    client.v1.checkout.sessions.expire(made.id)
    answer = httpx.get(str(made.url), trust_env=False)
    assert answer.status_code == 410
    assert "no longer available" in answer.text


def test_an_answer_to_a_custom_field_is_kept(client: stripe.StripeClient) -> None:
    field = {
        "key": "message",
        "label": {"type": "custom", "custom": "Message"},
        "type": "text",
        "optional": False,
    }
    made = session(client, price(client, recurring=None), custom_fields=[field])
    assert "Message" in get(made)
    assert post(made, card="4242424242424242").status_code == 402
    post(made, card="4242424242424242", field_message="Thank you")
    done: Any = client.v1.checkout.sessions.retrieve(made.id)
    assert done["custom_fields"][0]["text"]["value"] == "Thank you"


def test_markup_in_a_product_name_is_shown_not_run(client: stripe.StripeClient) -> None:
    line = {
        "quantity": 1,
        "price_data": {
            "currency": "usd",
            "unit_amount": 500,
            "product_data": {"name": "<script>alert(1)</script>"},
        },
    }
    made = session(client, price(client, recurring=None), line_items=[line])
    assert "<script>" not in get(made)
