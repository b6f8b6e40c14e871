"""What every request goes through: keys, parameters, idempotency, pages, expansion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import stripe

from tests.stripe_stand_in import KEY, StripeStandIn
from tests.stripe_stand_in.tests.shop import member, price, session


def post(account: StripeStandIn, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    """A raw request, for what the library would never send."""
    return httpx.post(
        account.url + path,
        data=data,
        headers={"Authorization": f"Bearer {KEY}"} | headers,
        trust_env=False,
    )


def test_a_request_without_a_key_is_refused(account: StripeStandIn) -> None:
    answer = httpx.get(f"{account.url}/v1/products", trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_live_key_is_refused(account: StripeStandIn) -> None:
    with pytest.raises(stripe.AuthenticationError):
        account.client("sk_live_123456789").v1.products.list()


def test_an_unknown_parameter_is_refused_by_name(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.create(params={"name": "x", "colour": "red"})  # type: ignore[typeddict-unknown-key]
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")


def test_a_nested_unknown_parameter_is_refused_with_its_path(client: stripe.StripeClient) -> None:
    sold = price(client)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(client, sold, line_items=[{"price": sold.id, "quantity": 1, "colour": "red"}])
    assert refused.value.param == "line_items[0][colour]"


def test_a_missing_parameter_is_named(account: StripeStandIn) -> None:
    error = post(account, "/v1/products", {}).json()["error"]
    assert (error["code"], error["param"]) == ("parameter_missing", "name")


def test_a_word_where_a_number_belongs_is_refused(account: StripeStandIn) -> None:
    data = {"product": "prod_1", "currency": "usd", "unit_amount": "five"}
    error = post(account, "/v1/prices", data).json()["error"]
    assert (error["code"], error["param"]) == ("parameter_invalid_integer", "unit_amount")


def test_an_unknown_enum_value_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid locale"):
        client.v1.checkout.sessions.create(
            params={"mode": "payment", "locale": "klingon", "success_url": "https://shop.example"}
        )


def test_an_empty_string_cannot_unset_what_is_required(account: StripeStandIn) -> None:
    error = post(account, "/v1/products", {"name": ""}).json()["error"]
    assert error["code"] == "parameter_invalid_empty"


def test_a_parameter_stripe_takes_but_nobody_taught_the_stand_in_is_refused_not_ignored(
    client: stripe.StripeClient,
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.create(
            params={
                "name": "x",
                "package_dimensions": {"height": 1, "length": 1, "weight": 1, "width": 1},
            }
        )
    assert refused.value.code == "stand_in_not_modelled"


def test_an_unknown_object_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.retrieve("prod_nothing")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_an_unknown_object_in_a_parameter_is_400(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.prices.create(
            params={"product": "prod_no", "currency": "usd", "unit_amount": 500}
        )
    assert (refused.value.http_status, refused.value.param) == (400, "product")


def test_an_unknown_address_is_404_with_stripes_words(account: StripeStandIn) -> None:
    answer = post(account, "/v1/nothing", {})
    assert answer.status_code == 404
    assert "Unrecognized request URL (POST: /v1/nothing)" in answer.text


def test_another_api_version_is_refused(account: StripeStandIn) -> None:
    client = account.client(stripe_version="2020-08-27")
    with pytest.raises(stripe.InvalidRequestError, match="speaks API version"):
        client.v1.products.list()


def test_the_same_idempotency_key_gives_the_same_answer_once(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "order-1"}
    first = client.v1.products.create(params={"name": "x"}, options=options)
    second = client.v1.products.create(params={"name": "x"}, options=options)
    assert first.id == second.id
    assert len(client.v1.products.list().data) == 1
    assert second.last_response is not None
    assert second.last_response.headers["idempotent-replayed"] == "true"


def test_the_same_idempotency_key_with_other_parameters_is_refused(
    client: stripe.StripeClient,
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "order-1"}
    client.v1.products.create(params={"name": "x"}, options=options)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create(params={"name": "y"}, options=options)


def test_a_declined_card_is_remembered_under_its_idempotency_key(
    client: stripe.StripeClient,
) -> None:
    def pay(card: str) -> stripe.PaymentIntent:
        return client.v1.payment_intents.create(
            params={"amount": 500, "currency": "usd", "payment_method": card, "confirm": True},
            options={"idempotency_key": "order-1"},
        )

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            pay("pm_card_chargeDeclined")
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_request_that_failed_its_checks_does_not_spend_its_idempotency_key(
    account: StripeStandIn,
) -> None:
    key = {"Idempotency-Key": "order-1"}
    assert post(account, "/v1/products", {"nome": "x"}, **key).status_code == 400
    assert post(account, "/v1/products", {"name": "x"}, **key).status_code == 200


def test_lists_come_newest_first_and_page_by_page(client: stripe.StripeClient) -> None:
    made = [client.v1.products.create(params={"name": f"p{n}"}).id for n in range(5)]
    first = client.v1.products.list(params={"limit": 2})
    assert [p.id for p in first.data] == made[:-3:-1]
    assert first.has_more
    rest = client.v1.products.list(params={"limit": 3, "starting_after": first.data[-1].id})
    assert [p.id for p in rest.data] == made[2::-1]
    assert not rest.has_more


def test_the_library_walks_all_pages_by_itself(client: stripe.StripeClient) -> None:
    made = [client.v1.products.create(params={"name": f"p{n}"}).id for n in range(7)]
    walked = [p.id for p in client.v1.products.list(params={"limit": 3}).auto_paging_iter()]
    assert walked == made[::-1]


def test_a_page_before_an_object_goes_back_towards_the_newest(client: stripe.StripeClient) -> None:
    made = [client.v1.products.create(params={"name": f"p{n}"}).id for n in range(5)]
    page = client.v1.products.list(params={"limit": 2, "ending_before": made[1]})
    assert [p.id for p in page.data] == [made[3], made[2]]
    assert page.has_more


def test_a_limit_above_a_hundred_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.list(params={"limit": 101})


def test_ids_expand_into_objects(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client)
    expanded = client.v1.subscriptions.retrieve(
        subscription.id, params={"expand": ["customer", "latest_invoice.payments"]}
    )
    assert expanded["customer"]["email"] == "payer@example.com"
    assert expanded["latest_invoice"]["payments"]["data"][0]["status"] == "paid"


def test_ids_in_lists_expand_below_data(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    member(account, client)
    listed = client.v1.invoices.list(
        params={"expand": ["data.payments.data.payment.payment_intent"]}
    )
    payment = listed.data[0]["payments"]["data"][0]["payment"]
    assert payment["payment_intent"]["status"] == "succeeded"


def test_expansion_has_a_depth(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client)
    deep = "latest_invoice.payments.data.payment.payment_intent"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        client.v1.subscriptions.retrieve(subscription.id, params={"expand": [deep]})


def test_what_cannot_be_expanded_is_refused(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.subscriptions.retrieve(subscription.id, params={"expand": ["colour"]})


def test_a_failing_stripe_is_retried_by_the_library_without_doubling(
    account: StripeStandIn,
) -> None:
    client = account.client(max_network_retries=2)
    account.control.fail_requests(count=1, status=500)
    client.v1.products.create(params={"name": "x"})
    assert len(client.v1.products.list().data) == 1


def test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(
    account: StripeStandIn,
) -> None:
    client = account.client(max_network_retries=2)
    account.control.lose_answers(1)
    made = client.v1.products.create(params={"name": "x"})
    assert [p.id for p in client.v1.products.list().data] == [made.id]


def test_a_lost_answer_without_retries_is_a_connection_error(account: StripeStandIn) -> None:
    client = account.client(max_network_retries=0)
    account.control.lose_answers(1)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.products.create(params={"name": "x"})
    assert len(client.v1.products.list().data) == 1


def test_a_refused_request_leaves_nothing_behind(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    before = account.control.events()
    answer = post(
        account,
        "/v1/prices",
        {"currency": "usd", "unit_amount": "-1", "product_data[name]": "x"},
    )
    assert answer.status_code == 400
    assert client.v1.products.list().data == []
    assert account.control.events() == before


def test_a_refused_change_changes_nothing(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(
            subscription.id,
            params={"metadata": {"a": "b"}, "items": [{"id": "si_nothing", "quantity": 2}]},
        )
    assert client.v1.subscriptions.retrieve(subscription.id).to_dict() == subscription.to_dict()


@pytest.mark.thorough
def test_the_same_key_sent_many_times_at_once_creates_one_object(account: StripeStandIn) -> None:
    def create(_: int) -> str:
        answer = post(account, "/v1/products", {"name": "x"}, **{"Idempotency-Key": "order-1"})
        made: str = answer.json()["id"]
        return made

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(create, range(16)))) == 1
