"""Discounts by hand in the studio: who may give one, and to whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from episodes.models import Show
from podcast_server.billing import discounts
from podcast_server.billing.coupons import create_coupon
from podcast_server.billing.models import Subscription
from podcast_server.services import Services
from tests.builders import build_show
from tests.conftest import Clock
from tests.podcast_server.billing.shop import Shop
from tests.podcast_server.pages.studio.conftest import Desk


@pytest.fixture
def shop(engine: Engine, services: Services, clock: Clock, harbour: Show) -> Shop:
    return Shop(engine, services.till, clock, harbour)


@pytest.fixture
def running(shop: Shop, services: Services) -> Subscription:
    """Ada's membership, by hand, which needs no coupon; and a coupon."""
    opened = shop.join(shop.plan().prices[0])
    services.providers.manual.confirm(shop.ref(opened))
    shop.finish(opened)
    with shop.session() as session:
        create_coupon(session, code="KIND20", percent=20, now=shop.now)
    return shop.subscription()


def page(running: Subscription, slug: str = "harbour") -> str:
    return f"/studio/shows/{slug}/members/{running.member_id}"


def test_what_the_provider_refuses_is_said_in_words(owner: Desk, running: Subscription) -> None:
    fields = {"subscription": running.key, "code": "KIND20", "reason": "ill"}
    told = owner.send(f"{page(running)}/discount", **fields)
    assert "confirm the sum that came" in told.text


def test_one_that_is_given_is_noted_shown_and_ended(
    owner: Desk, running: Subscription, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    provider = type(shop.till.selling)
    monkeypatch.setattr(provider, "set_discount", lambda _s, _r, ref, key: given.append(ref))
    monkeypatch.setattr(discounts, "publish_coupon", lambda *_: "code_1")
    with shop.session() as session:
        session.get_one(Subscription, running.id)
    fields = {"subscription": running.key, "code": "KIND20", "reason": "ill"}
    assert "Given." in owner.send(f"{page(running)}/discount", **fields).text
    assert shop.subscription().discount == "KIND20"
    assert "the whole price" in owner.send(f"{page(running)}/discount/end", **fields).text
    assert given == ["code_1", ""]


@pytest.mark.parametrize("wrong", [{"code": "NONE"}, {"subscription": "x"}, {}])
def test_only_a_running_membership_and_a_known_code_will_do(
    owner: Desk, running: Subscription, wrong: dict[str, str]
) -> None:
    fields = {"reason": "ill"} | ({"subscription": running.key, "code": "KIND20"} | wrong)
    if not wrong:
        fields = {}
    assert owner.send(f"{page(running)}/discount", **fields).status_code == 404


def test_discounts_are_the_owner_s_to_give(
    hire: Callable[..., Desk], harbour: Show, running: Subscription
) -> None:
    fields = {"subscription": running.key, "code": "KIND20", "reason": "ill"}
    editor = hire("editor", harbour)
    assert editor.send(f"{page(running)}/discount", **fields).status_code == 403
    assert editor.send(f"{page(running)}/discount/end", **fields).status_code == 403


def test_members_of_another_show_are_out_of_reach(
    owner: Desk, services: Services, running: Subscription, clock: Clock
) -> None:
    with services.sessions.begin() as session:
        build_show(session, clock.now, slug="other")
    fields = {"subscription": running.key, "code": "KIND20", "reason": "ill"}
    assert owner.send(f"{page(running, 'other')}/discount", **fields).status_code == 404
