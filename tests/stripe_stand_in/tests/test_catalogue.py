"""Products and prices."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.stripe_stand_in.tests.shop import price


def test_a_product_keeps_what_it_was_given(client: stripe.StripeClient) -> None:
    made = client.v1.products.create(params={"name": "Gold", "metadata": {"plan": "7"}})
    again = client.v1.products.retrieve(made.id)
    assert (again.name, again.metadata["plan"], again.livemode) == ("Gold", "7", False)


def test_metadata_is_merged_and_unset_by_an_empty_value(client: stripe.StripeClient) -> None:
    made = client.v1.products.create(params={"name": "x", "metadata": {"a": "1", "b": "2"}})
    changed = client.v1.products.update(made.id, params={"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}


def test_metadata_whose_keys_are_numbers_stays_a_map(client: stripe.StripeClient) -> None:
    made = client.v1.products.create(params={"name": "x", "metadata": {"0": "zero"}})
    assert made.metadata["0"] == "zero"


@pytest.mark.parametrize(
    "metadata", [{"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}]
)
def test_metadata_beyond_stripes_limits_is_refused(
    client: stripe.StripeClient, metadata: dict[str, str]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.create(params={"name": "x", "metadata": metadata})


def test_a_product_with_prices_cannot_be_deleted(client: stripe.StripeClient) -> None:
    sold = price(client)
    with pytest.raises(stripe.InvalidRequestError, match="one or more prices"):
        client.v1.products.delete(str(sold.product))


def test_a_deleted_product_is_gone(client: stripe.StripeClient) -> None:
    made = client.v1.products.create(params={"name": "x"})
    assert client.v1.products.delete(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.retrieve(made.id)


def test_products_are_listed_by_activity_and_ids(client: stripe.StripeClient) -> None:
    on = client.v1.products.create(params={"name": "on"})
    off = client.v1.products.create(params={"name": "off", "active": False})
    assert [p.id for p in client.v1.products.list(params={"active": False}).data] == [off.id]
    assert [p.id for p in client.v1.products.list(params={"ids": [on.id]}).data] == [on.id]


def test_the_amount_of_a_price_cannot_be_changed(client: stripe.StripeClient) -> None:
    sold = price(client)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.prices.update(sold.id, params={"unit_amount": 1})  # type: ignore[arg-type]
    assert refused.value.code == "parameter_unknown"


def test_a_price_can_be_archived_and_renamed(client: stripe.StripeClient) -> None:
    sold = price(client)
    client.v1.prices.update(sold.id, params={"active": False, "nickname": "old"})
    again = client.v1.prices.retrieve(sold.id)
    assert (again.active, again.nickname) == (False, "old")


def test_a_lookup_key_moves_to_the_newer_price_only_when_asked(client: stripe.StripeClient) -> None:
    old = price(client, lookup_key="gold")
    with pytest.raises(stripe.InvalidRequestError, match="lookup key"):
        price(client, lookup_key="gold")
    new = price(client, lookup_key="gold", transfer_lookup_key=True)
    assert client.v1.prices.retrieve(old.id).lookup_key is None
    assert [p.id for p in client.v1.prices.list(params={"lookup_keys": ["gold"]}).data] == [new.id]


def test_currencies_without_decimals_and_with_three_are_taken(client: stripe.StripeClient) -> None:
    assert price(client, 500, currency="jpy").unit_amount == 500
    assert price(client, 5000, currency="kwd").unit_amount == 5000


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_amount": -1},
        {"unit_amount": 100_000_000},
        {"currency": "xxx"},
        {"currency": "kwd", "unit_amount": 5001},
        {"recurring": {"interval": "month", "interval_count": 37}},
        {"recurring": {"interval": "fortnight"}},
        {"unit_amount": 500, "custom_unit_amount": {"enabled": True}},
    ],
)
def test_impossible_prices_are_refused(client: stripe.StripeClient, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        price(client, **wrong)


def test_pay_what_you_want_is_for_single_sales_only(client: stripe.StripeClient) -> None:
    custom = {
        "unit_amount": None,
        "custom_unit_amount": {"enabled": True, "minimum": 300, "preset": 500},
    }
    assert price(client, recurring=None, **custom).unit_amount is None  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError, match="not supported for recurring"):
        price(client, **custom)  # type: ignore[arg-type]


def test_a_product_can_bring_its_default_price(client: stripe.StripeClient) -> None:
    made = client.v1.products.create(
        params={"name": "x", "default_price_data": {"currency": "eur", "unit_amount": 700}}
    )
    assert client.v1.prices.retrieve(str(made.default_price)).unit_amount == 700


def test_products_are_searched_by_metadata(client: stripe.StripeClient) -> None:
    client.v1.products.create(params={"name": "other"})
    made = client.v1.products.create(params={"name": "x", "metadata": {"plan": "7"}})
    found = client.v1.products.search(params={"query": "metadata['plan']:'7' AND active:'true'"})
    assert [p.id for p in found.data] == [made.id]
