"""Subscriptions through their life: begun, renewed, changed, failing, ended."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import DAY, StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds, member, period_end, price, status, to_renewal


def customer_with(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.Customer:
    made = client.v1.customers.create(params={"email": "ada@example.com"})
    method = client.v1.payment_methods.attach(card, params={"customer": made.id})
    return client.v1.customers.update(
        made.id, params={"invoice_settings": {"default_payment_method": method.id}}
    )


def test_a_subscription_renews_and_is_paid_an_hour_later(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    end = period_end(subscription)
    account.control.advance(seconds=end - account.world.now() + 1)
    renewed = client.v1.subscriptions.retrieve(subscription.id)
    draft = client.v1.invoices.retrieve(str(renewed.latest_invoice))
    assert (renewed.status, draft.status, draft.billing_reason) == (
        "active",
        "draft",
        "subscription_cycle",
    )
    assert renewed["items"].data[0].current_period_start == end
    account.control.advance(seconds=3601)
    assert client.v1.invoices.retrieve(draft.id).status == "paid"


def test_a_month_from_the_31st_ends_on_the_last_day_and_comes_back(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    january_31 = 1_896_076_800  # 2030-01-31 12:00 UTC
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": january_31})
    customer = client.v1.customers.create(
        params={
            "email": "ada@example.com",
            "test_clock": clock.id,
            "payment_method": "pm_card_visa",
        }
    )
    card = client.v1.customers.payment_methods.list(customer.id).data[0]
    subscription = client.v1.subscriptions.create(
        params={
            "customer": customer.id,
            "items": [{"price": price(client).id}],
            "default_payment_method": card.id,
        }
    )
    ends = [period_end(subscription)]
    for _ in range(2):
        client.v1.test_helpers.test_clocks.advance(
            clock.id, params={"frozen_time": ends[-1] + 7200}
        )
        ends.append(period_end(client.v1.subscriptions.retrieve(subscription.id)))
    february_28, march_31, april_30 = (
        january_31 + 28 * DAY,
        january_31 + 59 * DAY,
        january_31 + 89 * DAY,
    )
    assert ends == [february_28, march_31, april_30]


def test_a_failed_renewal_is_past_due_then_canceled_when_all_retries_failed(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.fail_next_renewal(subscription.id)
    to_renewal(account, client, subscription)
    assert status(client, subscription) == "past_due"
    account.control.advance(days=16)
    ended = client.v1.subscriptions.retrieve(subscription.id)
    assert ended.status == "canceled"
    assert ended["cancellation_details"]["reason"] == "payment_failed"
    assert kinds(account).count("invoice.payment_failed") == 4


@pytest.mark.parametrize("ending", ["unpaid", "past_due"])
def test_the_account_decides_how_dunning_ends(
    account: StripeStandIn, client: stripe.StripeClient, ending: str
) -> None:
    account.control.settings(after_retries=ending, retry_days=[1])
    subscription = member(account, client)
    account.control.fail_next_renewal(subscription.id)
    to_renewal(account, client, subscription)
    account.control.advance(days=2)
    assert status(client, subscription) == ending


def test_a_new_card_saves_a_past_due_subscription_at_the_next_attempt(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.fail_next_renewal(subscription.id)
    to_renewal(account, client, subscription)
    account.control.update_card(str(subscription.customer))
    assert status(client, subscription) == "past_due"
    account.control.advance(days=4)
    assert status(client, subscription) == "active"


def test_a_card_that_only_fails_later_begins_and_then_fails(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = client.v1.checkout.sessions.create(
        params={
            "mode": "subscription",
            "success_url": "https://shop.example",
            "line_items": [{"price": price(client).id, "quantity": 1}],
        }
    )
    paid = account.control.pay_session(made.id, card="4000000000000341")
    subscription = client.v1.subscriptions.retrieve(paid["subscription"])
    assert subscription.status == "active"
    to_renewal(account, client, subscription)
    assert status(client, subscription) == "past_due"


def test_a_trial_warns_three_days_before_and_then_charges(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, subscription_data={"trial_period_days": 10})
    account.control.advance(days=6)
    assert "customer.subscription.trial_will_end" not in kinds(account)
    account.control.advance(days=1)
    assert kinds(account)[-1] == "customer.subscription.trial_will_end"
    account.control.advance(days=4)
    assert status(client, subscription) == "active"
    latest = client.v1.subscriptions.retrieve(
        subscription.id, params={"expand": ["latest_invoice"]}
    )
    assert latest["latest_invoice"]["amount_paid"] == 500


def test_a_trial_without_a_card_ends_as_the_settings_say(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    subscription = client.v1.subscriptions.create(
        params={
            "customer": customer.id,
            "items": [{"price": price(client).id}],
            "trial_period_days": 5,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
    )
    account.control.advance(days=6)
    assert status(client, subscription) == "canceled"


def test_ending_a_trial_now_charges_now(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, subscription_data={"trial_period_days": 10})
    changed = client.v1.subscriptions.update(
        subscription.id, params={"trial_end": "now", "expand": ["latest_invoice"]}
    )
    assert (changed.status, changed["latest_invoice"]["amount_paid"]) == ("active", 500)


def test_canceling_at_the_periods_end_keeps_it_active_until_then(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    changed = client.v1.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})
    assert (changed.status, changed.cancel_at) == ("active", period_end(subscription))
    account.control.advance(days=40)
    assert status(client, subscription) == "canceled"
    assert kinds(account)[-1] == "customer.subscription.deleted"


def test_a_cancellation_is_taken_back(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client)
    client.v1.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})
    back = client.v1.subscriptions.update(subscription.id, params={"cancel_at_period_end": False})
    assert (back.cancel_at, back.canceled_at) == (None, None)
    account.control.advance(days=40)
    assert status(client, subscription) == "active"


def test_a_payer_cancelling_in_the_portal_sets_cancel_at_only(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.cancel_in_portal(subscription.id)
    changed = client.v1.subscriptions.retrieve(subscription.id)
    assert (changed.cancel_at_period_end, changed.cancel_at) == (False, period_end(subscription))
    account.control.advance(days=40)
    assert status(client, subscription) == "canceled"


def test_a_canceled_subscription_cannot_be_canceled_again(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    assert client.v1.subscriptions.cancel(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.subscriptions.cancel(subscription.id)
    assert refused.value.http_status == 404


def test_a_first_payment_that_fails_is_incomplete_and_expires(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    customer = customer_with(client, "pm_card_chargeCustomerFail")
    wanted: stripe.params.SubscriptionCreateParams = {
        "customer": customer.id,
        "items": [{"price": price(client).id}],
    }
    subscription = client.v1.subscriptions.create(params=wanted)
    assert subscription.status == "incomplete"
    account.control.advance(days=1)
    assert status(client, subscription) == "incomplete_expired"


def test_a_subscription_nobody_can_pay_is_refused(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        client.v1.subscriptions.create(
            params={"customer": customer.id, "items": [{"price": price(client).id}]}
        )


def test_currencies_are_not_mixed_on_one_customer(client: stripe.StripeClient) -> None:
    customer = customer_with(client)
    client.v1.subscriptions.create(
        params={"customer": customer.id, "items": [{"price": price(client).id}]}
    )
    with pytest.raises(stripe.InvalidRequestError, match="combine currencies"):
        client.v1.subscriptions.create(
            params={
                "customer": customer.id,
                "items": [{"price": price(client, currency="eur").id}],
            }
        )


def test_paused_collection_voids_the_invoices_in_between(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    client.v1.subscriptions.update(
        subscription.id, params={"pause_collection": {"behavior": "void"}}
    )
    to_renewal(account, client, subscription)
    newest = client.v1.invoices.list(params={"subscription": subscription.id}).data[0]
    assert (newest.status, status(client, subscription)) == ("void", "active")


def test_subscriptions_are_listed_by_customer_price_and_status(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    one, two = member(account, client), member(account, client)
    client.v1.subscriptions.cancel(one.id)

    def listed(**wanted: str) -> list[str]:
        return [s.id for s in client.v1.subscriptions.list(params=wanted).data]  # type: ignore[arg-type]

    assert listed() == [two.id]
    assert listed(status="all") == [two.id, one.id]
    assert listed(status="canceled") == [one.id]
    assert listed(customer=str(two.customer)) == [two.id]
    assert listed(price=two["items"].data[0].price.id) == [two.id]


def test_an_invoice_is_paid_by_the_api_and_revives_the_subscription(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.fail_next_renewal(subscription.id)
    to_renewal(account, client, subscription)
    latest = str(client.v1.subscriptions.retrieve(subscription.id).latest_invoice)
    with pytest.raises(stripe.CardError):
        client.v1.invoices.pay(latest)
    account.control.mend_card(str(subscription.customer))
    assert client.v1.invoices.pay(latest).status == "paid"
    assert status(client, subscription) == "active"


def test_the_event_of_a_change_tells_what_was_before(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    client.v1.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})
    event = client.v1.events.list(params={"type": "customer.subscription.updated"}).data[0]
    assert event.data["previous_attributes"]["cancel_at_period_end"] is False
    assert event.data["object"]["cancel_at_period_end"] is True


def test_a_renewal_whose_bank_asks_waits_for_the_answer(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.update_card(str(subscription.customer), "4000002760003184")
    to_renewal(account, client, subscription)
    assert "invoice.payment_action_required" in kinds(account)
    assert status(client, subscription) == "past_due"
    waiting = [i for i in client.v1.payment_intents.list().data if i.status == "requires_action"]
    account.control.authenticate(waiting[0].id)
    assert status(client, subscription) == "active"


def test_a_trial_ended_without_a_card_can_pause(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    subscription = client.v1.subscriptions.create(
        params={
            "customer": customer.id,
            "items": [{"price": price(client).id}],
            "trial_period_days": 5,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )
    account.control.advance(days=6)
    assert status(client, subscription) == "paused"
    account.control.update_card(customer.id)
    client.v1.subscriptions.resume(subscription.id)
    assert status(client, subscription) == "active"


def test_items_are_added_and_removed_on_their_own(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    extra = price(client, 300)
    added = client.v1.subscription_items.create(
        params={"subscription": subscription.id, "price": extra.id}
    )
    listed = client.v1.subscription_items.list(params={"subscription": subscription.id})
    assert added.id in [item.id for item in listed.data]
    client.v1.subscription_items.delete(added.id)
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        client.v1.subscription_items.delete(subscription["items"].data[0].id)


def test_a_moment_to_end_at_must_be_ahead(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    soon = account.world.now() + DAY
    client.v1.subscriptions.update(subscription.id, params={"cancel_at": soon})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(subscription.id, params={"cancel_at": soon - 2 * DAY})
    account.control.advance(days=2)
    assert status(client, subscription) == "canceled"


def test_the_api_can_end_it_at_the_end_of_the_period_by_name(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    changed = client.v1.subscriptions.update(
        subscription.id, params={"cancel_at": "min_period_end"}
    )
    assert (changed.cancel_at, changed.cancel_at_period_end) == (period_end(subscription), False)


def test_an_ended_subscription_takes_notes_and_nothing_else(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    client.v1.subscriptions.cancel(
        subscription.id, params={"cancellation_details": {"comment": "too long"}}
    )
    noted = client.v1.subscriptions.update(subscription.id, params={"metadata": {"a": "b"}})
    assert (noted.metadata["a"], noted["cancellation_details"]["comment"]) == ("b", "too long")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})


def test_a_coupon_is_given_later(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client, 1000)
    half = client.v1.coupons.create(params={"percent_off": 50, "duration": "forever"})
    client.v1.subscriptions.update(subscription.id, params={"discounts": [{"coupon": half.id}]})
    to_renewal(account, client, subscription)
    newest = client.v1.invoices.list(params={"subscription": subscription.id}).data[0]
    assert newest.amount_paid == 500


def test_a_pause_of_collection_ends_by_itself(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    until = account.world.now() + 5 * DAY
    client.v1.subscriptions.update(
        subscription.id, params={"pause_collection": {"behavior": "void", "resumes_at": until}}
    )
    account.control.advance(days=6)
    assert client.v1.subscriptions.retrieve(subscription.id)["pause_collection"] is None


def test_a_trial_is_given_later(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client)
    until = account.world.now() + 60 * DAY
    changed = client.v1.subscriptions.update(
        subscription.id, params={"trial_end": until, "proration_behavior": "none"}
    )
    assert (changed.status, period_end(changed)) == ("trialing", until)
    account.control.advance(days=61)
    assert status(client, subscription) == "active"
