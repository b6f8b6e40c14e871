"""Inviting people, what they may do, and letting them go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from episodes.models import Show
from podcast_server.accounts.staff.people import ensure_staff, find_staff
from podcast_server.accounts.staff.recovery import make_recovery_codes
from podcast_server.accounts.staff.roles import role_for
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.conftest import Letters
from tests.podcast_server.pages.studio.conftest import PASSWORD, Desk


def invite(owner: Desk, what: str, email: str = "tam@example.org") -> None:
    owner.send("/studio/people", email=email, what=what)


def test_an_invited_editor_comes_in_and_sees_the_show(
    app: Flask, owner: Desk, services: Services, harbour: Show, letters: Letters
) -> None:
    invite(owner, f"editor:{harbour.id}")
    tam = Desk(app)
    answer = tam.post(letters.link(), name="Tam", password="")
    assert answer.request.path == "/studio/shows/harbour"
    with services.sessions() as session:
        assert role_for(session, find_staff(session, "tam@example.org"), harbour.id) == "editor"


def test_an_invitation_works_once(app: Flask, owner: Desk, harbour: Show, letters: Letters) -> None:
    invite(owner, f"editor:{harbour.id}")
    link = letters.link()
    Desk(app).post(link, name="Tam", password="")
    assert Desk(app).get(link).status_code == 410


def test_an_invitation_ends_after_a_week(
    app: Flask, owner: Desk, harbour: Show, letters: Letters, clock: Clock
) -> None:
    invite(owner, f"editor:{harbour.id}")
    clock.now += timedelta(days=7, seconds=1)
    assert Desk(app).get(letters.link()).status_code == 410


def test_an_invitation_taken_back_is_worth_nothing(
    app: Flask, owner: Desk, harbour: Show, letters: Letters
) -> None:
    invite(owner, f"editor:{harbour.id}")
    owner.send("/studio/people/invitations/1/take-back")
    assert Desk(app).get(letters.link()).status_code == 410


def test_an_invitation_does_not_change_the_password_of_somebody_who_works_here(
    app: Flask, owner: Desk, hire: Callable[..., Desk], harbour: Show, letters: Letters
) -> None:
    hire("editor", harbour, "tam@example.org")
    invite(owner, "owner")
    Desk(app).post(letters.link(), name="Tam", password="another long password")
    assert Desk(app).enter("tam@example.org", PASSWORD).status_code == 200
    refused = Desk(app).enter("tam@example.org", "another long password")
    assert "do not belong together" in refused.text


def test_a_role_is_changed_and_taken(
    owner: Desk, hire: Callable[..., Desk], services: Services, harbour: Show
) -> None:
    tam = hire("editor", harbour, "tam@example.org")
    with services.sessions() as session:
        person = find_staff(session, "tam@example.org")
    roles = f"/studio/people/{person.id}/roles"
    owner.send(roles, show=str(harbour.id), role="analyst")
    assert tam.get("/studio/shows/harbour/settings").status_code == 403
    owner.send(roles, show=str(harbour.id), role="nothing")
    assert tam.get("/studio/shows/harbour/settings").status_code == 404


def test_who_is_let_go_is_out_at_once(
    owner: Desk, hire: Callable[..., Desk], services: Services, harbour: Show
) -> None:
    tam = hire("editor", harbour, "tam@example.org")
    with services.sessions() as session:
        person = find_staff(session, "tam@example.org")
    owner.send(f"/studio/people/{person.id}/let-go")
    assert tam.get("/studio").request.path == "/studio/sign-in"


def test_the_last_owner_stays(owner: Desk) -> None:
    assert "This is the last owner" in owner.send("/studio/people/1/let-go").text


def test_the_log_names_who_did_what(owner: Desk, harbour: Show) -> None:
    invite(owner, f"editor:{harbour.id}")
    page = owner.get("/studio/people/log").text
    assert "staff.invite" in page
    assert "tam@example.org" in page


def test_a_recovery_code_opens_the_studio_once(app: Flask, owner: Desk, services: Services) -> None:
    with services.sessions.begin() as session:
        codes = make_recovery_codes(session, find_staff(session, "owner@example.org").id)
    assert Desk(app).enter("owner@example.org", codes[0].upper()).request.path != "/studio/sign-in"
    assert "do not belong together" in Desk(app).enter("owner@example.org", codes[0]).text


def test_new_recovery_codes_end_the_old_ones(app: Flask, owner: Desk, services: Services) -> None:
    with services.sessions.begin() as session:
        codes = make_recovery_codes(session, find_staff(session, "owner@example.org").id)
    assert owner.send("/studio/account/recovery-codes").text.count("<code>") == 10
    assert "do not belong together" in Desk(app).enter("owner@example.org", codes[1]).text


def test_a_made_up_passkey_answer_is_refused(app: Flask, owner: Desk) -> None:
    desk = Desk(app)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    answers: list[object] = [{}, {"rawId": "AAAA"}, {"rawId": 5}, []]
    for answer in answers:
        desk.client.post("/studio/sign-in/passkey/begin", json={})
        assert desk.client.post("/studio/sign-in/passkey", json=answer).status_code == 403


def test_mail_in_the_outbox_is_read_by_owners_only(
    owner: Desk, hire: Callable[..., Desk], harbour: Show, letters: Letters
) -> None:
    invite(owner, f"editor:{harbour.id}")
    number = letters.newest().id
    assert "/studio/join/" in owner.get(f"/studio/status/outbox/{number}").text
    editor = hire("editor", harbour)
    assert editor.get(f"/studio/status/outbox/{number}").status_code == 403


def test_reading_a_mail_is_written_down(owner: Desk, harbour: Show, letters: Letters) -> None:
    invite(owner, f"editor:{harbour.id}")
    owner.get(f"/studio/status/outbox/{letters.newest().id}")
    assert "mail.read" in owner.get("/studio/people/log").text


def test_it_is_told_when_each_was_last_here(
    owner: Desk, hire: Callable[..., Desk], harbour: Show, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        ensure_staff(session, "new@example.org", now=now)
    hire("editor", harbour)
    page = owner.get("/studio/people").text
    assert page.count("last here") == 1
    assert page.count("never here yet") == 1
