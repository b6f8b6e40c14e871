"""What a doctor looks at: the account, its endpoints, its portal."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn


def test_the_account_can_charge_and_is_in_test_mode(client: stripe.StripeClient) -> None:
    account = client.v1.accounts.retrieve_current()
    assert (account.charges_enabled, account.default_currency) == (True, "usd")
    assert client.v1.balance.retrieve().livemode is False


def test_webhook_endpoints_are_made_changed_and_deleted(client: stripe.StripeClient) -> None:
    made = client.v1.webhook_endpoints.create(
        params={"url": "https://shop.example/a", "enabled_events": ["invoice.paid"]}
    )
    client.v1.webhook_endpoints.update(
        made.id, params={"url": "https://shop.example/b", "enabled_events": ["*"]}
    )
    changed = client.v1.webhook_endpoints.list().data[0]
    assert (changed.url, changed.enabled_events) == ("https://shop.example/b", ["*"])
    client.v1.webhook_endpoints.delete(made.id)
    assert client.v1.webhook_endpoints.list().data == []


@pytest.mark.parametrize(
    "wrong", [{"url": "ftp://shop.example"}, {"enabled_events": ["nothing.happened"]}]
)
def test_impossible_endpoints_are_refused(
    client: stripe.StripeClient, wrong: dict[str, object]
) -> None:
    good = {"url": "https://shop.example/a", "enabled_events": ["*"]}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.webhook_endpoints.create(params=good | wrong)  # type: ignore[arg-type]


def test_the_first_portal_configuration_is_the_default_one(client: stripe.StripeClient) -> None:
    default = client.v1.billing_portal.configurations.list(params={"is_default": True}).data[0]
    second = client.v1.billing_portal.configurations.create(
        params={"features": {"invoice_history": {"enabled": True}}}
    )
    assert (default.is_default, second.is_default) == (True, False)
    changed = client.v1.billing_portal.configurations.update(
        second.id, params={"active": False, "metadata": {"a": "b"}}
    )
    assert (changed.active, changed.features.invoice_history.enabled) == (False, True)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.billing_portal.configurations.update(default.id, params={"active": False})


def test_events_are_listed_by_type_pattern_and_time(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    client.v1.products.create(params={"name": "x"})
    client.v1.customers.create(params={"email": "ada@example.com"})
    listed = client.v1.events.list(params={"type": "customer.*"})
    assert [e.type for e in listed.data] == ["customer.created"]
    later = account.world.now() + 10
    assert client.v1.events.list(params={"created": {"gte": later}}).data == []
    assert len(client.v1.events.list(params={"created": {"lt": later}}).data) == 3
