"""Who changes things faster than any person would is asked to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feeds.delivery.lane import Lane
from podcast_server.accounts.sessions import end_session, start_session
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.sessions import end_staff_session, start_staff_session
from podcast_server.app import create_app
from podcast_server.services import Services
from podcast_server.settings import LimitSettings
from tests.conftest import Clock, People


@pytest.fixture
def app(services: Services, lane: Lane, clock: Clock) -> Flask:
    limits = LimitSettings(address_per_minute=4, account_per_minute=8)
    settings = services.settings.model_copy(update={"limits": limits})
    return create_app(replace(services, settings=settings), lane, lambda: clock.now)


def post(client: FlaskClient, address: str = "192.0.2.7") -> int:
    answer = client.post(
        "/sign-in", base_url="http://podcast.test", environ_base={"REMOTE_ADDR": address}
    )
    if answer.status_code == 429:
        wait = int(answer.headers["Retry-After"])
        assert 0 < wait <= 60
        assert f"Try again in {wait} second" in answer.text
    return answer.status_code


def test_changes_from_one_address_are_bounded_and_reading_is_not(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    said = [post(client) for _ in range(6)]
    assert 429 not in said[:4]
    assert said[4:] == [429, 429]
    assert post(client, "192.0.2.8") != 429
    assert client.get("/sign-in", base_url="http://podcast.test").status_code == 200
    clock.advance(minutes=1)
    assert post(client) != 429


def enter(services: Services, people: People, door: str, now: datetime) -> str:
    """Start a session of the same person; gives its token."""
    with services.sessions.begin() as session:
        if door == "studio":
            staff = ensure_staff(session, "marit@example.org", now=now, owner=True)
            return start_staff_session(session, staff.id, device="one", now=now)
        return start_session(session, people.paying.member_id, device="one", now=now)


def holding(app: Flask, door: str, token: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction(base_url="http://podcast.test") as session:
        session[door] = token
    return client


@pytest.mark.parametrize("door", ["studio", "signed_in"])
def test_an_account_has_a_bound_of_its_own_wherever_it_comes_from(
    door: str, app: Flask, services: Services, people: People, clock: Clock
) -> None:
    client = holding(app, door, enter(services, people, door, clock.now))
    said = [post(client, f"192.0.2.{number}") for number in range(10)]
    assert 429 not in said[:8]
    assert said[8:] == [429, 429]


@pytest.mark.parametrize("door", ["studio", "signed_in"])
def test_all_sessions_of_an_account_share_its_bound(
    door: str, app: Flask, services: Services, people: People, clock: Clock
) -> None:
    tokens = [enter(services, people, door, clock.now) for _ in range(5)]
    said = [post(holding(app, door, token)) for _ in range(4) for token in tokens]
    assert said.count(429) == 12


@pytest.mark.parametrize("door", ["studio", "signed_in"])
def test_the_cookie_of_a_session_that_has_ended_is_no_account(
    door: str, app: Flask, services: Services, people: People, clock: Clock
) -> None:
    tokens = [enter(services, people, door, clock.now) for _ in range(2)]
    with services.sessions.begin() as session:
        for token in tokens:
            end_session(session, token)
            end_staff_session(session, token)
    said = [post(holding(app, door, token)) for _ in range(4) for token in [*tokens, "made up"]]
    assert said.count(429) == 8


def test_all_addresses_of_one_ipv6_network_share_its_bound(app: Flask) -> None:
    client = app.test_client()
    said = [post(client, f"2001:db8:1:2::{number:x}") for number in range(1, 21)]
    assert said.count(429) == 16
    assert post(client, "2001:db8:1:3::1") != 429


def test_two_processes_hold_the_bound_together(
    app: Flask, services: Services, lane: Lane, clock: Clock
) -> None:
    settings = services.settings.model_copy(update={"limits": LimitSettings(address_per_minute=4)})
    other = create_app(replace(services, settings=settings), lane, lambda: clock.now)
    said = [post(each.test_client()) for _ in range(4) for each in (app, other)]
    assert said.count(429) >= 3


def test_webhooks_come_in_bursts_and_are_signed(app: Flask) -> None:
    client = app.test_client()
    said = {
        client.post("/webhooks/stripe", base_url="http://podcast.test").status_code
        for _ in range(20)
    }
    assert 429 not in said
