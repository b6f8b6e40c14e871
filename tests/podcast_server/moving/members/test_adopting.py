"""Payments that are made already come along: nobody is billed anew, and what happens later at
Stripe applies here."""

from __future__ import annotations

import pytest

from podcast_server.billing.doubles import undo_doubles
from podcast_server.billing.errors import ProviderRefused, ProviderUnavailable
from podcast_server.billing.events import Facts, Ref
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.models import Plan, Subscription
from podcast_server.billing.reconcile import reconcile
from podcast_server.mail.models import OutgoingMail
from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.targets import Choices
from tests.podcast_server.billing.post import Post
from tests.podcast_server.moving.members.conftest import Mover, sample, table

EMAIL = "ada@example.org"


@pytest.fixture
def mover(stripe_mover: Mover, post: Post) -> Mover:
    return stripe_mover


class Elsewhere:
    """Another host that sells through the podcaster's own Stripe account."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.stripe = post.account.client()
        self.product = self.stripe.v1.products.create({"name": "Supporter (elsewhere)"}).id
        self.price = self.make_price(500)

    def make_price(self, amount: int, product: str = "") -> str:
        return self.stripe.v1.prices.create(
            {
                "product": product or self.product,
                "currency": "eur",
                "unit_amount": amount,
                "recurring": {"interval": "month"},
            }
        ).id

    def join(self, email: str = EMAIL, price: str = "", customer: str = "") -> tuple[str, str]:
        """(customer, subscription)"""
        customers = self.stripe.v1.customers
        if not customer:
            customer = customers.create({"email": email, "payment_method": "pm_card_visa"}).id
            card = customers.payment_methods.list(customer).data[0].id
            customers.update(customer, {"invoice_settings": {"default_payment_method": card}})
        made = self.stripe.v1.subscriptions.create(
            {"customer": customer, "items": [{"price": price or self.price}]}
        )
        self.post.lose()
        return customer, made.id


@pytest.fixture
def elsewhere(post: Post) -> Elsewhere:
    return Elsewhere(post)


@pytest.fixture
def plan(mover: Mover) -> Plan:
    return mover.shop.plan()


@pytest.fixture
def choices(plan: Plan) -> Choices:
    return Choices(f"plan:{plan.slug}")


def rows(*pairs: tuple[str, str], email: str = EMAIL) -> bytes:
    """A table of (customer, subscription)."""
    lines = (f"{email},{customer},{subscription}" for customer, subscription in pairs)
    return table(*lines, header="email,customer id,subscription id")


def test_a_subscription_made_elsewhere_becomes_one_of_ours(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, plan: Plan
) -> None:
    customer, ref = elsewhere.join()
    invoices = len(elsewhere.stripe.v1.invoices.list().data)
    mover.bring(rows((customer, ref)), choices)
    ours = mover.shop.subscription(EMAIL)
    assert (ours.ref, ours.customer_ref, ours.status) == (ref, customer, "active")
    assert (ours.plan_id, ours.amount, ours.problem) == (plan.id, 500, "")
    assert mover.shop.hears(EMAIL)
    assert len(elsewhere.stripe.v1.invoices.list().data) == invoices
    assert elsewhere.stripe.v1.subscriptions.retrieve(ref).status == "active"


def test_the_export_of_stripe_is_enough(
    mover: Mover, elsewhere: Elsewhere, choices: Choices
) -> None:
    customer, ref = elsewhere.join()
    ids = {"sub": ref, "ada": customer, "price": elsewhere.price, "product": elsewhere.product}
    number = mover.bring(sample("stripe_subscriptions", **ids), choices)
    assert mover.shop.subscription(EMAIL).ref == ref
    assert mover.row(number, "olaf@example.org").state == "left"


def test_customers_alone_are_enough(mover: Mover, elsewhere: Elsewhere, choices: Choices) -> None:
    customer, ref = elsewhere.join()
    data = sample("stripe_customers", ada=customer, price=elsewhere.price)
    number = mover.bring(data, choices)
    assert mover.shop.subscription(EMAIL).ref == ref
    gone = mover.row(number, "olaf@example.org")
    assert (gone.state, gone.reason) == ("problem", "nothing_running")
    assert mover.shop.member("olaf@example.org") is None


def test_its_renewal_and_its_end_apply_here(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, post: Post
) -> None:
    pair = elsewhere.join()
    mover.bring(rows(pair), choices)
    post.let_time_pass(days=40)
    assert mover.shop.hears(EMAIL)
    with mover.shop.session() as session:
        assert [each.status for each in session.get_one(Subscription, 1).payments] == ["paid"]
    post.account.control.cancel_subscription(pair[1])
    post.deliver()
    assert not mover.shop.hears(EMAIL)


def test_a_failing_renewal_is_dunned_here(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, post: Post
) -> None:
    pair = elsewhere.join()
    mover.bring(rows(pair), choices)
    post.account.control.fail_next_renewal(pair[1])
    post.let_time_pass(days=32)
    assert mover.shop.subscription(EMAIL).status == "past_due"
    assert mover.shop.entitlement(EMAIL).notice == "card_failing"


def test_reconcile_finds_what_no_webhook_told(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, post: Post
) -> None:
    pair = elsewhere.join()
    mover.bring(rows(pair), choices)
    assert reconcile(mover.shop.till, mover.shop.now).repaired == []
    post.account.control.cancel_subscription(pair[1])
    post.lose()
    assert len(reconcile(mover.shop.till, mover.shop.now).repaired) == 1
    assert not mover.shop.hears(EMAIL)


def test_a_price_we_published_ourselves_goes_before_the_mapping(
    mover: Mover, elsewhere: Elsewhere, plan: Plan
) -> None:
    from tests.stripe_stand_in import StripeStandIn

    assert isinstance(elsewhere.post.account, StripeStandIn)
    better = mover.shop.plan(name="Better")
    mover.shop.join(better.prices[0], "first@example.org")  # publishes it
    with mover.shop.session() as session:
        from podcast_server.billing.models import RemoteObject

        remote = session.query(RemoteObject).filter_by(kind="price").one()
        published = remote.ref
    pair = elsewhere.join(price=published)
    mover.bring(rows(pair), Choices(f"plan:{plan.slug}"))
    ours = mover.shop.subscription(EMAIL)
    assert (ours.plan_id, ours.price_id) == (better.id, better.prices[0].id)


def test_of_several_things_a_payer_pays_for_none_is_guessed(
    mover: Mover, elsewhere: Elsewhere, choices: Choices
) -> None:
    mug = elsewhere.stripe.v1.products.create({"name": "A mug a month"}).id
    customer, _ = elsewhere.join()
    elsewhere.join(customer=customer, price=elsewhere.make_price(1500, mug))
    number = mover.bring(rows((customer, "")), choices)
    row = mover.row(number, EMAIL)
    assert (row.state, row.reason) == ("problem", "several")
    assert mover.shop.member(EMAIL) is None
    assert mover.count(Subscription) == 0


def test_a_second_subscription_of_the_same_plan_is_left_alone(
    mover: Mover, elsewhere: Elsewhere, choices: Choices
) -> None:
    """Else it would be taken for somebody's mistake, and be cancelled and paid back."""
    first, second = elsewhere.join(), elsewhere.join()
    mover.bring(rows(first), choices)
    number = mover.bring(rows(second), choices)
    assert mover.row(number, EMAIL).reason == "pays_already"
    assert mover.count(Subscription) == 1
    assert undo_doubles(mover.shop.till, mover.shop.now) == 0
    assert elsewhere.stripe.v1.subscriptions.retrieve(second[1]).status == "active"


def test_a_subscription_stripe_does_not_know_is_a_problem_and_gives_nothing(
    mover: Mover, choices: Choices
) -> None:
    number = mover.bring(rows(("cus_x", "sub_unknown")), choices)
    row = mover.row(number, EMAIL)
    assert (row.state, row.reason) == ("problem", "unknown_subscription")
    assert mover.shop.member(EMAIL) is None


def test_a_subscription_of_another_member_is_not_taken_from_them(
    mover: Mover, elsewhere: Elsewhere, choices: Choices
) -> None:
    pair = elsewhere.join()
    mover.bring(rows(pair), choices)
    number = mover.bring(rows(pair, email="eve@example.org"), choices)
    assert mover.row(number, "eve@example.org").reason == "somebody_else"
    assert mover.shop.member("eve@example.org") is None
    assert mover.shop.hears(EMAIL)


def test_a_subscription_nobody_understands_holds_up_nobody_else(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, good = elsewhere.join("odd@example.org"), elsewhere.join()
    stripe = mover.shop.till.selling
    look_up = stripe.look_up

    def puzzled(ref: Ref) -> Facts:
        if ref.id == odd[1]:
            raise ProviderRefused("unknown subscription status dreaming")
        return look_up(ref)

    monkeypatch.setattr(stripe, "look_up", puzzled)
    lines = (f"odd@example.org,{odd[0]},{odd[1]}", f"{EMAIL},{good[0]},{good[1]}")
    number = mover.bring(table(*lines, header="email,customer id,subscription id"), choices)
    assert mover.row(number, "odd@example.org").state == "problem"
    assert mover.shop.hears(EMAIL)


def test_while_stripe_is_away_nothing_is_lost(
    mover: Mover, elsewhere: Elsewhere, choices: Choices, post: Post
) -> None:
    pair = elsewhere.join()
    number = mover.begin(rows(pair), choices)
    post.account.control.fail_requests(count=1000, status=503)
    with pytest.raises(ProviderUnavailable):
        carry_on(mover.desk, number, mover.shop.now)
    post.account.control.fail_requests(count=0)
    carry_on(mover.desk, number, mover.shop.now)
    assert mover.shop.hears(EMAIL)


def test_nobody_gets_the_welcome_of_a_buyer(
    mover: Mover, elsewhere: Elsewhere, choices: Choices
) -> None:
    mover.bring(rows(elsewhere.join()), choices)
    post_payment_letters(mover.shop.till, "Harbour", mover.shop.now, dunning=True)
    assert mover.count(OutgoingMail) == 0
