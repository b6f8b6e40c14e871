"""Magic links: once, for fifteen minutes, for the browser that asked or with the code."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.accounts.members import BadEmailError
from podcast_server.accounts.models import SignInRequest
from podcast_server.accounts.sessions import (
    LIFE,
    end_session,
    end_sessions,
    find_session,
    forget_sessions,
    sessions_of,
    start_session,
)
from podcast_server.accounts.sign_in import (
    MAX_WRONG_CODES,
    PER_ADDRESS,
    PER_BOTH,
    Asking,
    TooManyRequests,
    WayIn,
    ask_to_sign_in,
    asked_here,
    find_request,
    forget_requests,
    request_of_browser,
    right_code,
    use_request,
)
from podcast_server.ways_back import local_path
from tests.builders import build_member

SECRET = b"pepper"


def ask(session: Session, now: datetime, **more: str) -> WayIn:
    facts = {"email": "Ada@Example.org ", "browser": "here", "address": "192.0.2.1"}
    asking = Asking(**(facts | {"language": "en"} | more))  # type: ignore[arg-type]
    return ask_to_sign_in(session, asking, secret=SECRET, now=now)


def test_a_link_works_until_it_is_used_or_fifteen_minutes_old(
    session: Session, now: datetime
) -> None:
    way = ask(session, now)
    almost = now + timedelta(minutes=14, seconds=59)
    assert find_request(session, way.token, almost) is way.request
    assert find_request(session, way.token, now + timedelta(minutes=15)) is None
    assert use_request(session, way.request, now)
    assert not use_request(session, way.request, now)
    assert find_request(session, way.token, now) is None


def test_looking_at_a_link_does_not_use_it_up(session: Session, now: datetime) -> None:
    way = ask(session, now)
    for _ in range(5):
        assert find_request(session, way.token, now) is not None


def test_the_database_holds_nothing_that_lets_anybody_in(session: Session, now: datetime) -> None:
    way = ask(session, now, browser="a-browser-nonce")
    row = session.execute(select(SignInRequest.__table__)).mappings().one()
    stored = " ".join(str(value) for value in row.values())
    for secret in (way.token, way.code, "a-browser-nonce", "192.0.2.1"):
        assert secret not in stored


def test_only_the_browser_that_asked_is_let_in_without_the_code(
    session: Session, now: datetime
) -> None:
    way = ask(session, now)
    assert asked_here(way.request, "here")
    assert not asked_here(way.request, "elsewhere")
    assert not asked_here(way.request, "")
    assert request_of_browser(session, "here", now) is way.request
    assert request_of_browser(session, "elsewhere", now) is None


def test_a_code_is_right_with_spaces_and_dead_after_five_wrong_ones(
    session: Session, now: datetime
) -> None:
    way = ask(session, now)
    assert right_code(session, way.request, f" {way.code[:3]} {way.code[3:]} ", SECRET)
    wrong = f"{(int(way.code) + 1) % 1_000_000:06d}"
    for _ in range(MAX_WRONG_CODES):
        assert not right_code(session, way.request, wrong, SECRET)
    assert find_request(session, way.token, now) is None
    assert request_of_browser(session, "here", now) is None


def test_links_are_asked_for_only_so_often(session: Session, now: datetime) -> None:
    for _ in range(PER_BOTH):
        ask(session, now)
    with pytest.raises(TooManyRequests) as caught:
        ask(session, now + timedelta(minutes=20))
    assert caught.value.wait == timedelta(minutes=40)
    ask(session, now, email="ben@example.org")
    ask(session, now + timedelta(hours=1))


def test_one_place_cannot_ask_for_everybody(session: Session, now: datetime) -> None:
    for number in range(PER_ADDRESS):
        ask(session, now, email=f"person{number}@example.org")
    with pytest.raises(TooManyRequests):
        ask(session, now, email="another@example.org")


def test_a_text_that_is_no_address_is_refused(session: Session, now: datetime) -> None:
    with pytest.raises(BadEmailError):
        ask(session, now, email="not an address")


def test_old_requests_are_forgotten(session: Session, now: datetime) -> None:
    ask(session, now)
    forget_requests(session, now + timedelta(days=3))
    assert session.scalars(select(SignInRequest)).all() == []


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\nSet-Cookie: a",
        "/\t/evil.example",
        "evil",
        "",
        "/" + "a" * 600,
    ],
)
def test_afterwards_nobody_is_led_off_the_site(path: str) -> None:
    assert local_path(path) == ""


@pytest.mark.parametrize("path", ["/me", "/me/feeds/3?a=b#c", "/shows/x/join?plan=1"])
def test_paths_of_our_own_are_kept(path: str) -> None:
    assert local_path(path) == path


def test_a_session_runs_until_it_ends_or_is_ended(session: Session, now: datetime) -> None:
    member = build_member(session, now)
    first = start_session(session, member.id, device="Phone", now=now)
    second = start_session(session, member.id, device="Laptop", now=now)
    found = find_session(session, first, now)
    assert found
    assert found[0].id == member.id
    assert found[1].token_hash != first
    assert find_session(session, first, now + LIFE) is None
    end_session(session, first)
    assert find_session(session, first, now) is None
    assert [each.device for each in sessions_of(session, member.id, now)] == ["Laptop"]
    end_sessions(session, member.id)
    assert find_session(session, second, now) is None


def test_other_sessions_are_ended_while_this_one_goes_on(session: Session, now: datetime) -> None:
    member = build_member(session, now)
    here = start_session(session, member.id, device="here", now=now)
    start_session(session, member.id, device="there", now=now)
    found = find_session(session, here, now)
    assert found
    end_sessions(session, member.id, but=found[1].id)
    assert [each.device for each in sessions_of(session, member.id, now)] == ["here"]
    forget_sessions(session, now + LIFE)
    assert sessions_of(session, member.id, now) == []


def test_all_addresses_of_one_ipv6_network_ask_together(session: Session, now: datetime) -> None:
    for number in range(PER_ADDRESS):
        ask(session, now, email=f"a{number}@example.org", address=f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyRequests):
        ask(session, now, email="b@example.org", address="2001:db8:1:2:3::1")
    ask(session, now, email="b@example.org", address="2001:db8:1:3::1")
