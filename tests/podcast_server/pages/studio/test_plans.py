"""Setting prices in the studio."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from episodes.models import Show
from podcast_server.billing.events import Ref
from podcast_server.billing.inbox import store_event
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import PaymentEvent, Plan
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan, current_prices
from podcast_server.services import Services
from tests.builders import build_show
from tests.podcast_server.pages.studio.conftest import Desk

PLANS = "/studio/shows/harbour/plans"
NEW = {"name": "Supporter", "month": "5", "year": "50", "currency": "eur", "tier": "0"}


def the_plan(services: Services) -> Plan:
    with services.sessions() as session:
        plan = session.scalars(select(Plan)).one()
        _ = [*plan.prices, *plan.opens]
        return plan


def test_a_plan_with_two_prices_goes_on_sale(
    owner: Desk, services: Services, harbour: Show
) -> None:
    owner.send(PLANS, **NEW, benefits="Every episode\nA week earlier")
    plan = the_plan(services)
    assert [(each.amount, each.interval) for each in current_prices(plan)] == [
        (500, "month"),
        (5000, "year"),
    ]
    assert plan.benefits == ["Every episode", "A week earlier"]
    assert "Supporter" in owner.get("/shows/harbour").text


def test_a_plan_closes_at_the_end_of_a_day_on_the_shows_clock(
    owner: Desk, services: Services, harbour: Show
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Show, harbour.id).time_zone = "Europe/Paris"
    owner.send(PLANS, **NEW, closes_on="2999-06-30")
    plan = the_plan(services)
    assert plan.closes_at
    assert plan.closes_at.isoformat() == "2999-06-30T22:00:00+00:00"
    page = f"{PLANS}/{plan.key}"
    assert 'value="2999-06-30"' in owner.get(page).text
    owner.send(page, name="Supporter", position="0", closes_on="2000-01-01")
    assert "Supporter" not in owner.get("/shows/harbour").text


@pytest.mark.parametrize(
    ("every", "interval"),
    [("3 month", ("month", 3)), ("1 week", ("week", 1)), ("once", ("once", 1))],
)
def test_a_price_for_another_time_is_made(
    owner: Desk, services: Services, harbour: Show, every: str, interval: tuple[str, int]
) -> None:
    owner.send(PLANS, **(NEW | {"month": "", "year": ""}), other="12", every=every)
    [price] = current_prices(the_plan(services))
    assert price.amount == 1200
    assert (price.interval, price.interval_count or 1) == interval


def test_a_bundle_opens_several_shows(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        build_show(session, now, slug="other", title="Other")
    owner.send(PLANS, **NEW, also="other")
    assert len(the_plan(services).opens) == 2


def test_an_editor_bundles_no_show_of_somebody_else(
    hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        build_show(session, now, slug="other", title="Other")
    hire("editor", harbour).send(PLANS, **NEW, also="other")
    with services.sessions() as session:
        assert session.scalars(select(Plan)).all() == []


def test_a_free_plan_has_no_price(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(PLANS, name="Letters", currency="eur", tier="0", free="y")
    assert the_plan(services).is_free


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": "", "year": ""},
        {"free": "y"},
        {"month": "-5"},
        {"month": "1e9"},
        {"month": "99999999999"},
        {"currency": "xyz"},
        {"tier": "77"},
    ],
)
def test_what_makes_no_sense_is_not_put_on_sale(
    owner: Desk, services: Services, harbour: Show, wrong: dict[str, str]
) -> None:
    owner.send(PLANS, **(NEW | wrong))
    with services.sessions() as session:
        assert session.scalar(select(Plan.id)) is None


def test_words_are_changed_and_prices_stay(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(PLANS, **NEW)
    plan = the_plan(services)
    owner.send(f"{PLANS}/{plan.key}", name="Patron", trial_days="7", places="10")
    after = the_plan(services)
    assert (after.name, after.trial_days, after.places) == ("Patron", 7, 10)
    assert [each.id for each in current_prices(after)] == [e.id for e in current_prices(plan)]


def test_a_new_price_leaves_the_old_one_to_its_members(
    owner: Desk, services: Services, harbour: Show
) -> None:
    owner.send(PLANS, **NEW)
    plan = the_plan(services)
    old = current_prices(plan)[0]
    owner.send(f"{PLANS}/{plan.key}/prices/{old.id}", amount="7")
    after = the_plan(services)
    assert {each.amount for each in current_prices(after)} == {700, 5000}
    assert {each.amount for each in after.prices} == {500, 700, 5000}


def test_an_archived_plan_is_off_the_page(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(PLANS, **NEW)
    owner.send(f"{PLANS}/{the_plan(services).key}/archive")
    assert the_plan(services).state == "archived"
    assert "Supporter" not in owner.get("/shows/harbour").text


def test_a_plan_of_another_show_is_not_found(
    hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
        terms = [PriceTerms(Money(500, "eur"), Interval("month"))]
        show = session.get_one(Show, harbour.id)
        key = create_plan(session, name="A", opens=[(show, None)], prices=terms, now=now).key
    editor = hire("editor", other)
    assert editor.get(f"/studio/shows/elsewhere/plans/{key}").status_code == 404
    assert editor.send(f"/studio/shows/elsewhere/plans/{key}/archive").status_code == 404


def test_a_bundle_is_changed_only_by_who_works_on_all_its_shows(
    hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
        show = session.get_one(Show, harbour.id)
        terms = [PriceTerms(Money(500, "eur"), Interval("month"))]
        opens = [(show, None), (other, None)]
        key = create_plan(session, name="Both", opens=opens, prices=terms, now=now).key
    editor = hire("editor", other)
    assert editor.send(f"/studio/shows/elsewhere/plans/{key}/archive").status_code == 403


def test_a_payment_by_hand_that_is_not_there_is_said_so(owner: Desk, harbour: Show) -> None:
    assert 'class="notice danger"' in owner.send("/studio/payments/ABCDE/confirm").text


def test_plans_stand_in_the_order_the_podcaster_gives_them(
    owner: Desk, services: Services, harbour: Show
) -> None:
    owner.send(PLANS, **(NEW | {"name": "Anchor"}), position="2")
    owner.send(PLANS, **(NEW | {"name": "Buoy"}), position="1")
    page = owner.get(PLANS).text
    assert page.index("Buoy") < page.index("Anchor")


def test_the_links_to_payments_say_how_many_wait(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    assert "that need attention (0)" in owner.get("/studio/shows/harbour/plans").text
    with services.sessions.begin() as session:
        subject = Ref("checkout", "NOSUCH")
        store_event(
            session, realm="manual", ref="evt_1", type_="t", subject=subject, body=b"{}", now=now
        )
        session.scalars(select(PaymentEvent)).one().status = "needs_attention"
    assert "that need attention (1)" in owner.get("/studio/shows/harbour/plans").text
