"""Getting into the studio, and not getting in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.accounts.sign_in import TooManyRequests
from podcast_server.accounts.staff.models import AuditEntry, Staff, StaffSession
from podcast_server.accounts.staff.passwords import (
    PER_ADDRESS,
    WeakPasswordError,
    note_failure,
    refuse_guessing,
    set_password,
)
from podcast_server.accounts.staff.people import (
    LastOwnerError,
    disable_staff,
    ensure_staff,
    find_staff,
)
from podcast_server.accounts.staff.setup_code import setup_code
from podcast_server.services import Services
from tests.builders import build_member
from tests.conftest import Clock
from tests.podcast_server.conftest import Letters
from tests.podcast_server.pages.studio.conftest import PASSWORD, Desk


def set_up(app: Flask, code: str, email: str = "ann@example.org") -> Desk:
    desk = Desk(app)
    desk.post("/studio/set-up", code=code, name="Ann", email=email, password=PASSWORD)
    return desk


def test_a_fresh_server_leads_to_the_set_up_page(app: Flask) -> None:
    assert Desk(app).get("/studio").request.path == "/studio/set-up"


def test_the_code_from_the_log_makes_the_owner(app: Flask, services: Services) -> None:
    desk = set_up(app, setup_code(services.tokens).upper())
    assert desk.get("/studio").request.path == "/studio/shows/new"


def test_without_the_code_nobody_becomes_owner(app: Flask, services: Services) -> None:
    set_up(app, "aaaa-bbbb-cccc-dddd-eeee")
    with services.sessions() as session:
        assert session.scalar(select(Staff.id)) is None


def test_the_set_up_page_is_gone_once_there_is_an_owner(app: Flask, services: Services) -> None:
    set_up(app, setup_code(services.tokens))
    assert Desk(app).get("/studio/set-up").status_code == 404


def test_a_wrong_password_says_nothing_about_whether_somebody_works_here(
    app: Flask, owner: Desk
) -> None:
    known = Desk(app).enter("owner@example.org", "wrong wrong wrong").text
    unknown = Desk(app).enter("nobody@example.org", "wrong wrong wrong").text
    wrong = "Address and password do not belong together."
    assert wrong in known
    assert wrong in unknown


def test_guessing_passwords_is_slowed_down_for_the_right_one_too(app: Flask, owner: Desk) -> None:
    desk = Desk(app)
    for _ in range(10):
        desk.enter("owner@example.org", "wrong wrong wrong")
    assert desk.enter("owner@example.org").status_code == 429


def test_passwords_tried_from_all_over_one_ipv6_network_count_together(
    session: Session, clock: Clock
) -> None:
    for number in range(PER_ADDRESS):
        email, address = f"a{number}@example.org", f"2001:db8:1:2::{number:x}"
        note_failure(session, email, address, b"pepper", clock.now)
    with pytest.raises(TooManyRequests):
        refuse_guessing(session, "b@example.org", "2001:db8:1:2:3::1", b"pepper", clock.now)
    refuse_guessing(session, "b@example.org", "2001:db8:1:3::1", b"pepper", clock.now)


def test_after_an_hour_the_door_opens_again(app: Flask, owner: Desk, clock: Clock) -> None:
    desk = Desk(app)
    for _ in range(10):
        desk.enter("owner@example.org", "wrong wrong wrong")
    clock.now += timedelta(hours=1, seconds=1)
    assert desk.enter("owner@example.org").request.path.startswith("/studio/shows")


def test_a_mailed_link_lets_in_the_browser_that_asked(
    app: Flask, owner: Desk, letters: Letters
) -> None:
    desk = Desk(app)
    desk.post("/studio/sign-in", email="owner@example.org", link="1")
    assert desk.post(letters.link()).request.path.startswith("/studio/shows")


def test_in_another_browser_the_link_asks_for_the_code(
    app: Flask, owner: Desk, letters: Letters
) -> None:
    Desk(app).post("/studio/sign-in", email="owner@example.org", link="1")
    thief = Desk(app)
    assert "type the code" in thief.post(letters.link()).text
    assert "Sign in" in thief.get("/studio").text


def test_a_members_link_does_not_open_the_studio(
    app: Flask, owner: Desk, services: Services, letters: Letters, now: datetime
) -> None:
    with services.sessions.begin() as session:
        build_member(session, now, "owner@example.org")
    desk = Desk(app)
    desk.post("/sign-in", email="owner@example.org")
    path = letters.link()
    assert desk.get(f"/studio{path}").request.path == "/studio/sign-in"


def test_a_studio_link_does_not_open_the_listeners_door(
    app: Flask, owner: Desk, letters: Letters
) -> None:
    desk = Desk(app)
    desk.post("/studio/sign-in", email="owner@example.org", link="1")
    assert desk.get(letters.link().removeprefix("/studio")).request.path == "/sign-in"


def test_somebody_unknown_gets_a_mail_without_a_way_in(
    app: Flask, owner: Desk, letters: Letters
) -> None:
    Desk(app).post("/studio/sign-in", email="nobody@example.org", link="1")
    assert letters.link() == "/me"


def test_signing_in_changes_the_session_cookie(app: Flask, owner: Desk) -> None:
    desk = Desk(app)
    desk.get("/studio/sign-in")
    before = desk.client.get_cookie("session")
    desk.enter("owner@example.org")
    after = desk.client.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value


def test_after_signing_out_the_old_cookie_is_worth_nothing(app: Flask, owner: Desk) -> None:
    kept = owner.client.get_cookie("session")
    assert kept
    owner.send("/studio/sign-out")
    thief = Desk(app)
    thief.client.set_cookie("session", kept.value)
    assert thief.get("/studio").request.path == "/studio/sign-in"


def test_who_no_longer_works_here_is_out_at_once(
    app: Flask, owner: Desk, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        ensure_staff(session, "second@example.org", now=now, owner=True)
        disable_staff(session, find_staff(session, "owner@example.org"), now)
    assert owner.get("/studio").request.path == "/studio/sign-in"


def test_the_last_owner_cannot_be_let_go(services: Services, owner: Desk, now: datetime) -> None:
    with services.sessions() as session, pytest.raises(LastOwnerError):
        disable_staff(session, find_staff(session, "owner@example.org"), now)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaa", "x" * 300])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        set_password(Staff(email="a@example.org"), password)


def test_passwords_are_kept_as_argon2id(services: Services, owner: Desk) -> None:
    with services.sessions() as session:
        assert find_staff(session, "owner@example.org").password_hash.startswith("$argon2id$")


def test_a_new_password_signs_all_other_browsers_out(
    app: Flask, owner: Desk, services: Services
) -> None:
    other = Desk(app)
    other.enter("owner@example.org")
    owner.send("/studio/account/password", old=PASSWORD, new="four quiet herons")
    assert other.get("/studio").request.path == "/studio/sign-in"
    assert owner.get("/studio/account").request.path == "/studio/account"


def test_the_password_cannot_be_changed_without_the_old_one(owner: Desk) -> None:
    answer = owner.send("/studio/account/password", old="wrong", new="four quiet herons")
    assert "not your password" in answer.text


def test_one_cannot_end_the_session_of_somebody_else(
    hire: Callable[..., Desk], services: Services, harbour: Show
) -> None:
    hire("owner")
    editor = hire("editor", harbour)
    with services.sessions() as session:
        theirs = session.scalars(select(StaffSession.id).order_by(StaffSession.id)).first()
    editor.send(f"/studio/account/sessions/{theirs}")
    with services.sessions() as session:
        assert session.get(StaffSession, theirs) is not None


def test_a_session_ends_after_a_month_without_use(
    owner: Desk, services: Services, clock: Clock
) -> None:
    clock.now += timedelta(days=31)
    assert owner.get("/studio").request.path == "/studio/sign-in"


def test_a_session_in_use_lives_on(owner: Desk, services: Services, clock: Clock) -> None:
    for _ in range(3):
        clock.now += timedelta(days=20)
        assert owner.get("/studio/account").request.path == "/studio/account"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/me", "/studio\\x"])
def test_the_way_back_never_leads_out_of_the_studio(app: Flask, owner: Desk, target: str) -> None:
    desk = Desk(app)
    answer = desk.post(
        f"/studio/sign-in?next={target}", email="owner@example.org", password=PASSWORD
    )
    assert answer.request.host == desk.get("/studio").request.host
    assert answer.request.path.startswith("/studio")


def test_every_sign_in_is_written_down(owner: Desk, services: Services) -> None:
    with services.sessions() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["sign-in.password"]


def test_tokens_and_codes_are_kept_as_hashes_only(
    app: Flask, owner: Desk, services: Services, letters: Letters
) -> None:
    Desk(app).post("/studio/sign-in", email="owner@example.org", link="1")
    token = letters.link().rsplit("/", 1)[1]
    with services.sessions.begin() as session:
        session.execute(update(Staff).values(name="x"))
        dump = " ".join(
            str(row)
            for row in session.connection().exec_driver_sql("SELECT * FROM sign_in_requests").all()
        )
    assert token not in dump
