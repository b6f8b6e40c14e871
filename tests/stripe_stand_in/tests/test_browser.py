"""The pages in a real browser, clicked through by their labels."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Page, sync_playwright

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import member, price, session

pytestmark = pytest.mark.slow

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser.new_page()
        browser.close()


def test_a_person_subscribes_after_a_declined_card(
    account: StripeStandIn, client: stripe.StripeClient, page: Page
) -> None:
    made = session(client, price(client), success_url=f"{account.url}/_nowhere")
    page.goto(str(made.url))
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("alert").inner_text() == "Your card was declined."
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url("**/_nowhere")
    assert client.v1.checkout.sessions.retrieve(made.id).status == "complete"


def test_a_person_passes_their_banks_question(
    account: StripeStandIn, client: stripe.StripeClient, page: Page
) -> None:
    made = session(client, price(client), success_url=f"{account.url}/_nowhere")
    page.goto(str(made.url))
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Card number").fill("4000002760003184")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url("**/_nowhere")
    assert client.v1.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_a_person_cancels_in_the_portal_and_takes_it_back(
    account: StripeStandIn, client: stripe.StripeClient, page: Page
) -> None:
    subscription = member(account, client)
    portal = client.v1.billing_portal.sessions.create(
        params={"customer": str(subscription.customer)}
    )
    page.goto(portal.url)
    page.get_by_role("button", name="Cancel subscription").click()
    page.get_by_text("Cancels on").wait_for()
    page.get_by_role("button", name="Don't cancel subscription").click()
    page.get_by_text("Renews on").wait_for()
    assert client.v1.subscriptions.retrieve(subscription.id).cancel_at is None
