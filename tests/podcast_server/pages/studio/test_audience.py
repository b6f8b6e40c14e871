"""Whoever may hear an episode can: tiers are chosen and prices set, or it does not come out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show
from episodes.shows import ensure_tier
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.billing.models import Collection
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, current_prices
from podcast_server.billing.sales import create_collection
from podcast_server.services import Services
from tests.builders import build_member, give_membership
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

HEALTH = "/studio/shows/harbour/health"
NO_PRICE = "Set a price: without one nobody could hear it."
NO_TIER = "Choose at least one tier: nobody could hear it."


def on_sale(services: Services) -> list[tuple[str, list[tuple[int, str]]]]:
    with services.sessions() as session:
        query = select(Collection).where(Collection.state == "open")
        return [
            (each.name, [(price.amount, price.currency) for price in current_prices(each)])
            for each in session.scalars(query)
        ]


def together(services: Services, *episodes: Episode) -> None:
    with services.sessions.begin() as session:
        items = [session.get_one(Episode, each.id) for each in episodes]
        terms = PriceTerms(Money(900, "eur"), None)
        create_collection(
            session, name="Both", items=items, price=terms, now=episodes[0].created_at
        )


def test_a_price_puts_the_episode_on_sale_as_it_is_saved(
    owner: Desk, services: Services, draft: Episode
) -> None:
    assert "Not for sale yet" in owner.get(page_of(draft)).text
    save(owner, draft, audience="sale", price="4,50", currency="eur", act="publish")
    assert on_sale(services) == [("Tide", [(450, "eur")])]
    assert now_is(services, draft).state == "ready"
    assert 'value="4.50"' in owner.get(page_of(draft)).text


def test_another_price_changes_the_sale_and_its_name_follows_the_title(
    owner: Desk, services: Services, draft: Episode
) -> None:
    for title, price in (("Tide", "4"), ("High tide", "5")):
        save(owner, draft, audience="sale", price=price, currency="eur", title=title)
    assert on_sale(services) == [("High tide", [(500, "eur")])]


def test_saving_the_same_price_again_makes_no_other(
    owner: Desk, services: Services, draft: Episode
) -> None:
    for _ in range(2):
        save(owner, draft, audience="sale", price="4", currency="eur")
    with services.sessions() as session:
        assert len(session.scalars(select(Collection)).one().prices) == 1


def test_an_emptied_price_takes_it_off_sale(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, audience="sale", price="4", currency="eur")
    save(owner, draft, audience="members", price="", currency="eur")
    assert on_sale(services) == []


def test_a_price_left_behind_by_another_choice_sells_nothing(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, audience="members", price="4", currency="eur")
    assert on_sale(services) == []


def test_a_price_that_is_none_is_said_beside_its_field_and_nothing_is_saved(
    owner: Desk, services: Services, draft: Episode
) -> None:
    answer = save(owner, draft, audience="sale", price="four", currency="eur", title="New")
    assert "Write the amount like 4.99." in answer.text
    assert now_is(services, draft).title == "Tide"


def test_prices_are_written_down(owner: Desk, services: Services, draft: Episode) -> None:
    for price in ("4", "5", ""):
        save(owner, draft, audience="sale", price=price, currency="eur")
    with services.sessions() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [each for each in actions if each.startswith("sale.")] == [
        "sale.create",
        "sale.reprice",
        "sale.archive",
    ]


@pytest.mark.parametrize(("audience", "said"), [("sale", NO_PRICE), ("tiers", NO_TIER)])
@pytest.mark.parametrize("act", ["publish", "schedule"])
def test_what_nobody_could_hear_does_not_come_out(
    owner: Desk, services: Services, draft: Episode, audience: str, said: str, act: str
) -> None:
    answer = save(owner, draft, audience=audience, act=act, publish_at="2999-01-01T09:00")
    assert said in answer.text
    assert now_is(services, draft).state == "draft"


@pytest.mark.parametrize("audience", ["sale", "tiers"])
def test_what_is_out_cannot_be_kept_from_everybody(
    owner: Desk, services: Services, first: Episode, audience: str
) -> None:
    save(owner, first, audience=audience)
    assert now_is(services, first).audience == "members"


def test_a_draft_may_be_saved_before_its_price_is_known_and_is_told_so(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, audience="sale")
    assert now_is(services, draft).audience == "sale"
    assert "it is not for sale: nobody can hear it." in owner.get(page_of(draft)).text


def test_publishing_many_leaves_out_what_nobody_could_hear(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, audience="tiers")
    answer = owner.send("/studio/shows/harbour/episodes", act="publish", key=draft.key)
    assert NO_TIER in answer.text
    assert now_is(services, draft).state == "draft"


def test_an_episode_sold_with_others_needs_no_price_of_its_own(
    owner: Desk, services: Services, draft: Episode, first: Episode
) -> None:
    together(services, draft, first)
    assert "Both" in owner.get(page_of(draft)).text
    save(owner, draft, audience="sale", act="publish", price="")
    assert now_is(services, draft).state == "ready"


def test_an_episode_kept_to_a_tier_comes_out(
    owner: Desk, services: Services, harbour: Show, draft: Episode
) -> None:
    with services.sessions.begin() as session:
        tier = ensure_tier(session, session.get_one(Show, harbour.id), "Patrons")
    save(owner, draft, audience="tiers", tiers=str(tier.id), act="publish")
    assert now_is(services, draft).tier_ids == [tier.id]


def make(services: Services, episode: Episode, **fields: object) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, episode.id)
        for name, value in fields.items():
            setattr(row, name, value)
        session.get_one(Show, row.show_id).revision += 1


def test_what_is_out_for_nobody_is_found(owner: Desk, services: Services, first: Episode) -> None:
    assert "nobody can hear it" not in owner.get(HEALTH).text
    make(services, first, audience="tiers", tier_ids=[99])
    assert "no tier is chosen: nobody can hear it." in owner.get(HEALTH).text
    make(services, first, audience="sale", tier_ids=[])
    assert "it is not for sale: nobody can hear it." in owner.get(HEALTH).text
    together(services, first)
    assert "nobody can hear it" not in owner.get(HEALTH).text


@pytest.mark.parametrize(("scope", "number"), [("season", 2), ("episode", None)])
def test_what_somebody_has_bought_is_heard_by_somebody(
    owner: Desk, services: Services, first: Episode, harbour: Show, scope: str, number: int | None
) -> None:
    make(services, first, audience="sale", season=2)
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        member = build_member(session, first.created_at)
        scope_id = number or first.id
        give_membership(session, member, show, first.created_at, scope=scope, scope_id=scope_id)
    assert "nobody can hear it" not in owner.get(HEALTH).text


def test_what_opens_to_everybody_one_day_is_for_somebody(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, audience="sale", public_at="2999-01-01T09:00", act="publish")
    assert now_is(services, draft).state == "ready"
