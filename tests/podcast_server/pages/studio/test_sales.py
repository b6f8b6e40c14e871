"""Sales, codes, thanks for donations, and messages about payments, in the studio."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show
from podcast_server.billing.events import Ref
from podcast_server.billing.inbox import store_event
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import (
    Collection,
    Coupon,
    Donation,
    Payment,
    PaymentEvent,
    Subscription,
)
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan
from podcast_server.billing.sales import create_collection
from podcast_server.services import Services
from tests.builders import build_episode, build_member, build_show, give_membership
from tests.podcast_server.pages.studio.conftest import Desk

SALES = "/studio/shows/harbour/sales"
COUPONS = "/studio/coupons"
EVENTS = "/studio/payments/events"


def new_sale(episode: Episode) -> dict[str, str]:
    return {"name": "First", "price": "3", "currency": "eur", "what": f"e{episode.id}"}


def test_an_episode_is_put_on_sale(owner: Desk, services: Services, first: Episode) -> None:
    owner.send(SALES, **new_sale(first))
    with services.sessions() as session:
        sale = session.scalars(select(Collection)).one()
        assert [(each.scope, each.scope_id) for each in sale.items] == [("episode", first.id)]
        assert [each.amount for each in sale.prices] == [300]
    assert owner.get(f"/buy/{sale.slug}").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"what": ""}, {"what": "e999"}, {"what": "s7"}, {"price": "-1"}, {"name": ""}]
)
def test_a_sale_that_makes_no_sense_is_not_made(
    owner: Desk, services: Services, first: Episode, wrong: dict[str, str]
) -> None:
    owner.send(SALES, **(new_sale(first) | wrong))
    with services.sessions() as session:
        assert session.scalar(select(Collection.id)) is None


def test_an_episode_of_another_show_cannot_be_sold(
    hire: Callable[..., Desk], services: Services, first: Episode, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
        build_episode(session, services.storage, other, now, title="Theirs")
    hire("editor", other).send("/studio/shows/elsewhere/sales", **new_sale(first))
    with services.sessions() as session:
        assert session.scalar(select(Collection.id)) is None


def test_an_archived_sale_is_bought_no_more(
    owner: Desk, services: Services, first: Episode
) -> None:
    owner.send(SALES, **new_sale(first))
    with services.sessions() as session:
        key = session.scalars(select(Collection.key)).one()
    owner.send(f"{SALES}/{key}/archive")
    with services.sessions() as session:
        assert session.scalars(select(Collection.state)).one() == "archived"


def test_a_sale_of_another_show_is_not_found(
    hire: Callable[..., Desk], services: Services, first: Episode, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
        terms = PriceTerms(Money(300, "eur"), None)
        episode = session.get_one(Episode, first.id)
        key = create_collection(session, name="A", items=[episode], price=terms, now=now).key
    editor = hire("editor", other)
    assert editor.send(f"/studio/shows/elsewhere/sales/{key}/archive").status_code == 404


@pytest.fixture
def tip(services: Services, harbour: Show, now: datetime) -> int:
    """A donation whose giver may be thanked in public."""
    with services.sessions.begin() as session:
        donation = Donation(
            show_id=harbour.id,
            member_id=build_member(session, now, "ada@example.org").id,
            amount=500,
            currency="eur",
            name="Ada",
            message="<b>Thanks</b>",
            wants_thanks=True,
            created_at=now,
        )
        session.add(donation)
        session.flush()
        return donation.id


def test_a_donation_is_kept_from_the_public_thanks_and_shown_again(
    owner: Desk, services: Services, tip: int
) -> None:
    for hidden in (True, False):
        page = owner.send(f"/studio/shows/harbour/donations/{tip}").text
        with services.sessions() as session:
            assert session.get_one(Donation, tip).hidden is hidden
        assert ("Show among the thanks" in page) is hidden
        assert "<b>Thanks</b>" not in page


def test_a_donation_to_another_show_is_not_found(
    hire: Callable[..., Desk], services: Services, tip: int, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
    editor = hire("editor", other)
    assert editor.send(f"/studio/shows/elsewhere/donations/{tip}").status_code == 404


def test_a_code_is_made_and_closed(owner: Desk, services: Services) -> None:
    page = owner.send(COUPONS, code="welcome", percent="50", currency="eur", duration="once")
    assert "WELCOME" in page.text
    with services.sessions() as session:
        coupon = session.scalars(select(Coupon)).one()
    owner.send(f"{COUPONS}/{coupon.key}/archive")
    with services.sessions() as session:
        assert session.scalars(select(Coupon.state)).one() == "archived"


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": ""},
        {"percent": "101"},
        {"off": "5"},
        {"code": "no spaces"},
        {"duration": "months"},
        {"duration": "always"},
    ],
)
def test_a_code_that_makes_no_sense_is_not_made(
    owner: Desk, services: Services, wrong: dict[str, str]
) -> None:
    right = {"code": "WELCOME", "percent": "50", "currency": "eur", "duration": "once"}
    owner.send(COUPONS, **(right | wrong))
    with services.sessions() as session:
        assert session.scalar(select(Coupon.id)) is None


@pytest.fixture
def stuck(services: Services, now: datetime) -> int:
    """A message about a payment that could not be worked off."""
    with services.sessions.begin() as session:
        subject = Ref("checkout", "NOSUCH")
        store_event(
            session, realm="manual", ref="evt_1", type_="t", subject=subject, body=b"{}", now=now
        )
        event = session.scalars(select(PaymentEvent)).one()
        event.status, event.error = "needs_attention", "the provider was down"
        return event.id


def test_a_message_that_failed_is_shown_with_its_reason(owner: Desk, stuck: int) -> None:
    assert "the provider was down" in owner.get(EVENTS).text


def test_a_message_is_worked_off_again(owner: Desk, services: Services, stuck: int) -> None:
    owner.send(f"{EVENTS}/{stuck}/replay")
    with services.sessions() as session:
        assert session.get_one(PaymentEvent, stuck).error != "the provider was down"


def test_what_a_member_pays_for_another_show_is_not_seen(
    hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
        member = build_member(session, now, "ada@example.org")
        for show, amount in ((session.get_one(Show, harbour.id), 777), (other, 888)):
            give_membership(session, member, show, now)
            terms = [PriceTerms(Money(amount, "eur"), Interval("month"))]
            plan = create_plan(session, name="P", opens=[(show, None)], prices=terms, now=now)
            running = Subscription(
                realm="manual",
                ref=f"s{amount}",
                purpose="membership",
                member_id=member.id,
                plan_id=plan.id,
                status="active",
                amount=amount,
                currency="eur",
                interval="month",
                started_at=now,
            )
            session.add(running)
            session.flush()
            paid = Payment(
                realm="manual",
                ref=f"p{amount}",
                member_id=member.id,
                subscription_id=running.id,
                status="paid",
                amount=amount,
                currency="eur",
                paid_at=now,
                as_of=now,
            )
            session.add(paid)
    page = hire("editor", harbour).get(f"/studio/shows/harbour/members/{member.id}").text
    assert "7.77" in page
    assert "8.88" not in page
