"""Levels of membership: made, named and taken away where prices are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show, Tier
from episodes.shows import ensure_tier
from podcast_server.billing.models import Plan, PlanOpening
from podcast_server.services import Services
from tests.builders import build_episode, build_member, build_show, give_membership
from tests.podcast_server.pages.studio.conftest import Desk

PLANS = "/studio/shows/harbour/plans"
NEW = {"name": "Supporter", "month": "5", "year": "", "currency": "eur"}


def names(services: Services) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(Tier.name).order_by(Tier.id)))


@pytest.fixture
def patrons(services: Services, harbour: Show) -> Tier:
    """A tier that nothing refers to yet."""
    with services.sessions.begin() as session:
        return ensure_tier(session, session.get_one(Show, harbour.id), "Patrons")


def test_a_tier_is_made_and_offered_to_episodes_and_plans(
    owner: Desk, services: Services, first: Episode
) -> None:
    editor = f"/studio/shows/harbour/episodes/{first.key}"
    assert "This show has no tiers yet." in owner.get(editor).text
    assert "Patrons" in owner.send(f"{PLANS}/tiers", name=" Patrons ").text
    assert names(services) == ["Patrons"]
    page = owner.get(editor).text
    assert "Patrons" in page
    assert "This show has no tiers yet." not in page


def test_a_tier_without_a_name_is_refused(owner: Desk, services: Services, harbour: Show) -> None:
    assert "A tier needs a name." in owner.send(f"{PLANS}/tiers", name=" – ").text
    assert names(services) == []


def test_a_tier_is_renamed_and_not_to_the_name_of_another(
    owner: Desk, services: Services, patrons: Tier
) -> None:
    owner.send(f"{PLANS}/tiers", name="Friends")
    owner.send(f"{PLANS}/tiers/{patrons.id}", name="Grand patrons")
    assert names(services) == ["Grand patrons", "Friends"]
    answer = owner.send(f"{PLANS}/tiers/{patrons.id}", name="friends")
    assert "There is already a tier called “friends”." in answer.text
    assert names(services) == ["Grand patrons", "Friends"]


def test_an_unused_tier_is_removed(owner: Desk, services: Services, patrons: Tier) -> None:
    assert f"{PLANS}/tiers/{patrons.id}/remove" in owner.get(PLANS).text
    owner.send(f"{PLANS}/tiers/{patrons.id}/remove")
    assert names(services) == []


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["plan", "member", "episode"])
def test_a_tier_in_use_stays(
    owner: Desk, services: Services, harbour: Show, patrons: Tier, what: str
) -> None:
    with services.sessions.begin() as session:
        show, now = session.get_one(Show, harbour.id), harbour.updated_at
        if what == "plan":
            plan = Plan(slug="p", name="P", created_at=now)
            plan.opens = [PlanOpening(show_id=show.id, tier_id=patrons.id)]
            session.add(plan)
        elif what == "member":
            member = build_member(session, now)
            give_membership(session, member, show, now, scope="tier", scope_id=patrons.id)
        else:
            build_episode(
                session, services.storage, show, now, audience="tiers", tier_ids=[patrons.id]
            )
    assert f"{PLANS}/tiers/{patrons.id}/remove" not in owner.get(PLANS).text
    answer = owner.send(f"{PLANS}/tiers/{patrons.id}/remove")
    assert "“Patrons” is in use: it stays." in answer.text
    assert names(services) == ["Patrons"]


def test_a_tier_of_another_show_is_not_found(
    owner: Desk, services: Services, harbour: Show, patrons: Tier
) -> None:
    with services.sessions.begin() as session:
        build_show(session, harbour.created_at, slug="other")
    other = f"/studio/shows/other/plans/tiers/{patrons.id}"
    assert owner.send(other, name="Mine").status_code == 404
    assert owner.send(f"{other}/remove").status_code == 404
    assert names(services) == ["Patrons"]


def test_a_plan_makes_the_tier_it_opens(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(PLANS, **NEW, tier="new", new_tier="Patrons")
    with services.sessions() as session:
        tier = session.scalars(select(Tier)).one()
        opened = session.scalars(select(PlanOpening)).one()
    assert (tier.name, opened.tier_id) == ("Patrons", tier.id)


def test_a_plan_with_a_new_tier_without_a_name_is_refused(
    owner: Desk, services: Services, harbour: Show
) -> None:
    assert "Give the new tier a name." in owner.send(PLANS, **NEW, tier="new").text
    assert names(services) == []
