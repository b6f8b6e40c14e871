"""Money back, from the studio."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

import podcast_server.billing
from episodes.models import Show
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.billing.errors import AmountRefused, ProviderRefused, ProviderUnavailable
from podcast_server.billing.models import Payment
from podcast_server.pages.studio.refusals import SENTENCES, refusal
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.billing.shop import Shop
from tests.podcast_server.pages.studio.conftest import Desk


@pytest.fixture
def shop(engine: Engine, services: Services, clock: Clock, harbour: Show) -> Shop:
    return Shop(engine, services.till, clock, harbour)


@pytest.fixture
def page(shop: Shop, services: Services) -> str:
    """The refund page of somebody's first five euros, confirmed by hand."""
    opened = shop.join(shop.plan().prices[0])
    services.providers.manual.confirm(shop.ref(opened))
    shop.finish(opened)
    payment = paid(shop)
    member = f"/studio/shows/harbour/members/{payment.member_id}"
    return f"{member}/payments/{payment.id}/refund"


def paid(shop: Shop) -> Payment:
    with shop.session() as session:
        return session.scalars(select(Payment)).one()


def test_giving_back_is_asked_twice(owner: Desk, shop: Shop, page: str) -> None:
    told = owner.send(page, access="closes")
    assert "This cannot be undone." in told.text
    assert paid(shop).refunded == 0
    owner.send(page, access="closes", sure="y")
    assert paid(shop).refunded == 500
    assert not shop.hears()


def test_a_part_can_go_back_while_everything_stays(owner: Desk, shop: Shop, page: str) -> None:
    told = owner.send(page, amount="1.50", access="stays", sure="y")
    assert "send the money back" in told.text
    assert paid(shop).refunded == 150
    assert shop.hears()
    assert "€3.50" in owner.get(page).text


def test_a_part_closes_where_that_is_asked_for(owner: Desk, shop: Shop, page: str) -> None:
    owner.send(page, amount="4", access="closes", sure="y")
    assert not shop.hears()


def test_what_is_given_back_whole_out_of_kindness_leaves_access(
    owner: Desk, shop: Shop, page: str
) -> None:
    owner.send(page, access="stays", sure="y")
    assert shop.hears()
    assert owner.get(page).status_code == 404  # nothing is left


@pytest.mark.parametrize("amount", ["5.01", "-1", "0", "1e2", "NaN", "4.999", "99999999999"])
def test_no_other_sum_goes_back(owner: Desk, shop: Shop, page: str, amount: str) -> None:
    told = owner.send(page, amount=amount, access="closes", sure="y")
    assert 'class="notice danger"' in told.text
    assert paid(shop).refunded == 0
    assert shop.hears()


def test_the_log_says_who_gave_what_back(owner: Desk, shop: Shop, page: str) -> None:
    owner.send(page, amount="2", access="stays", sure="y")
    with shop.session() as session:
        query = select(AuditEntry.subject).where(AuditEntry.action == "payment.refund")
        [subject] = session.scalars(query)
    assert subject == f"{paid(shop).key}: 2.00 EUR, stays"


def test_money_is_the_owner_s_to_give(
    hire: Callable[..., Desk], harbour: Show, shop: Shop, page: str
) -> None:
    editor = hire("editor", harbour)
    assert editor.get(page).status_code == 403
    assert editor.send(page, access="closes", sure="y").status_code == 403
    assert page not in editor.get(page.split("/payments/")[0]).text
    assert paid(shop).refunded == 0


def test_the_member_s_page_leads_there(owner: Desk, page: str) -> None:
    assert page in owner.get(page.split("/payments/")[0]).text


def test_a_payment_of_somebody_else_is_not_found(owner: Desk, shop: Shop, page: str) -> None:
    number = page.rsplit("/", 2)[1]
    assert owner.get(page.replace(f"/payments/{number}/", "/payments/9/")).status_code == 404


def test_refusals_are_said_in_the_podcaster_s_language(owner: Desk, page: str) -> None:
    owner.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    told = owner.send(page, amount="6", access="stays", sure="y")
    assert "Au plus 5.00 EUR" in told.text


def test_a_provider_s_own_reason_is_quoted(owner: Desk) -> None:
    with owner.client.application.test_request_context():
        said = refusal(ProviderRefused("Charge ch_1 has been charged back."))
        assert said == "The payment service refused this: Charge ch_1 has been charged back."
        assert "try again" in refusal(ProviderUnavailable("timeout"))
        assert refusal(AmountRefused("something new")) == "Something new."


def raised(*names: str) -> Iterator[str]:
    """Every sentence that billing raises these errors with, with holes for what is put in."""
    for path in Path(podcast_server.billing.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    yield str(text.value)
                elif isinstance(text, ast.JoinedStr):
                    parts = (getattr(each, "value", "") for each in text.values)
                    yield "".join(part if isinstance(part, str) else "{}" for part in parts)


def test_every_reason_for_a_bad_offer_can_be_translated() -> None:
    known = {re.sub(r"%\(\w+\)s", "{}", each) for each in SENTENCES}
    assert set(raised("BadOffer")) <= known
