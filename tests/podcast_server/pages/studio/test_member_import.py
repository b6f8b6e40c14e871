"""Bringing members over in the studio: upload, choose, look, apply, invite, take back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from episodes.models import Show
from episodes.shows import ensure_tier
from feeds.models import Grant
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.billing.plans import create_plan
from podcast_server.jobs.imports import work_on_imports
from podcast_server.mail.models import OutgoingMail
from podcast_server.moving.members.imports import begin_import
from podcast_server.moving.members.models import MemberImport
from podcast_server.moving.members.targets import Choices
from podcast_server.services import Services
from tests.builders import build_show
from tests.conftest import Clock
from tests.podcast_server.moving.members.conftest import sample
from tests.podcast_server.pages.studio.conftest import Desk

HERE = "/studio/shows/harbour/members/import"


class Now:
    """Does what the job would do, at once."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self.services, self.clock = services, clock

    def nudge(self) -> None:
        work_on_imports(self.services, self.clock.now)


@pytest.fixture(autouse=True)
def at_once(app: Flask, clock: Clock) -> None:
    app.config["IMPORTER"] = Now(app.config["SERVICES"], clock)


def send(desk: Desk, data: bytes, *, default: str = "show:harbour", **fields: str) -> TestResponse:
    form = {
        "csrf_token": desk.token(),
        "file": (io.BytesIO(data), "members.csv"),
        "default": default,
        **fields,
    }
    return desk.client.post(
        HERE, data=form, content_type="multipart/form-data", follow_redirects=True
    )


def members(services: Services) -> set[str]:
    with services.sessions() as session:
        return set(session.scalars(select(Member.email)))


@pytest.fixture
def desk(owner: Desk, harbour: Show) -> Desk:
    return owner


def test_the_list_of_members_leads_there(desk: Desk) -> None:
    assert HERE in desk.get("/studio/shows/harbour/members").text
    assert desk.get(HERE).status_code == 200


def test_an_upload_shows_verdicts_and_gives_nothing(desk: Desk, services: Services) -> None:
    page = send(desk, sample("patreon")).text
    assert "Known as an export of Patreon" in page
    assert "New member: 3" in page
    assert "their payment fails there" in page
    assert "Bring 3 people over" in page
    assert members(services) == set()


def test_verdicts_are_filtered(desk: Desk) -> None:
    send(desk, sample("patreon"))
    page = desk.get(f"{HERE}/1?verdict=skipped").text
    assert "declan@example.org" in page
    assert "ada@example.org" not in page


def test_tiers_are_led_to_where_the_podcaster_says(
    desk: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        ensure_tier(session, session.get_one(Show, harbour.id), "Early")
    send(desk, sample("patreon"))
    page = desk.send(
        f"{HERE}/1/choices",
        **{
            "default": "",
            "tiername-0": "Supporter",
            "tier-0": "show:harbour/early",
            "tiername-1": "Patron of the Harbour",
            "tier-1": "skip",
        },
    ).text
    assert "New member: 2" in page
    desk.send(f"{HERE}/1/apply")
    with services.sessions() as session:
        assert {grant.scope for grant in session.scalars(select(Grant))} == {"tier"}


def test_columns_are_chosen_where_they_are_not_found(desk: Desk) -> None:
    page = send(desk, b"Contact,Adresse\nAda,ada@example.org\n").text
    assert "No column holds e-mail addresses" in page
    page = send(desk, b"Contact,email\nada@example.org,old@example.org\n").text
    assert "old@example.org" in page
    page = desk.send(
        f"{HERE}/1/choices", **{"default": "show:harbour", "column-email": "Contact"}
    ).text
    assert "ada@example.org" in page
    assert "old@example.org" not in page


def test_the_last_day_is_shown_as_it_was_chosen(desk: Desk) -> None:
    send(desk, b"email\nada@example.org\n")
    page = desk.send(f"{HERE}/1/choices", default="show:harbour", until="2026-12-31").text
    assert 'value="2026-12-31"' in page


def test_they_are_brought_over_invited_and_taken_back(desk: Desk, services: Services) -> None:
    send(desk, sample("patreon"))
    page = desk.send(f"{HERE}/1/apply").text
    assert "Brought over" in page
    assert members(services) == {"ada@example.org", "grete@example.org", "nora@example.org"}
    assert "0 of 3 invited" in page
    page = desk.send(f"{HERE}/1/invite").text
    assert "3 of 3 invited" in page
    with services.sessions() as session:
        assert len(session.scalars(select(OutgoingMail)).all()) == 3
    page = desk.send(f"{HERE}/1/undo").text
    assert "Taken back" in page
    assert members(services) == set()


def test_invitations_are_paused_and_go_on(
    desk: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podcast_server.moving.members import invite

    monkeypatch.setattr(invite, "_WAITING", 1)
    send(desk, sample("patreon"))
    desk.send(f"{HERE}/1/apply")
    assert "1 of 3 invited" in desk.send(f"{HERE}/1/invite").text
    assert "Go on" in desk.send(f"{HERE}/1/pause").text


def test_while_it_is_under_way_the_page_looks_again_by_itself(desk: Desk, app: Flask) -> None:
    class Still:
        def nudge(self) -> None:
            """Leave it to the job."""

    app.config["IMPORTER"] = Still()
    send(desk, sample("patreon"))
    desk.send(f"{HERE}/1/apply")
    answer = desk.get(f"{HERE}/1")
    assert answer.headers["Refresh"] == "3"
    assert "Under way" in answer.text


def test_a_table_can_be_forgotten(desk: Desk, services: Services) -> None:
    send(desk, sample("patreon"))
    desk.send(f"{HERE}/1/discard")
    with services.sessions() as session:
        assert session.scalars(select(MemberImport)).all() == []


def test_all_verdicts_come_as_a_harmless_table(desk: Desk) -> None:
    send(desk, b'email,name\nada@example.org,"=HYPERLINK(""x"")"\n')
    for step in ("", "apply"):
        if step:
            desk.send(f"{HERE}/1/{step}")
        answer = desk.get(f"{HERE}/1/verdicts.csv")
        assert answer.mimetype == "text/csv"
        assert "'=HYPERLINK" in answer.text


def test_what_people_wrote_is_shown_as_text(desk: Desk) -> None:
    page = send(desk, b"email,plan\n<script>alert(1)</script>,<b>gold</b>\n").text
    assert "<script>alert" not in page
    assert "<b>gold" not in page


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04x", b"who\nAda\n"])
def test_a_file_that_is_no_table_is_refused_with_the_reason(desk: Desk, data: bytes) -> None:
    page = send(desk, data).text
    assert 'class="notice danger"' in page


def test_without_a_file_it_says_so(desk: Desk) -> None:
    assert "Choose a file first" in desk.send(HERE).text


def test_what_was_done_stands_in_the_log(desk: Desk, services: Services) -> None:
    send(desk, sample("patreon"))
    desk.send(f"{HERE}/1/apply")
    with services.sessions() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"members.import-look", "members.import"} <= actions


def test_the_old_public_address_is_led_to_the_feed_here(desk: Desk) -> None:
    page = desk.send(f"{HERE}/address", address="https://feeds.example.org/old/harbour.xml").text
    assert "/old/harbour.xml leads to the public feed now" in page
    answer = desk.client.get("/old/harbour.xml")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/shows/harbour/feed.xml")
    assert "is no address" in desk.send(f"{HERE}/address", address="harbour").text


def test_a_plan_that_is_gone_since_is_said_on_the_page(
    desk: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        ours = session.get_one(Show, harbour.id)
        plan = create_plan(session, name="Gold", opens=[(ours, None)], prices=[], now=now)
    send(desk, sample("patreon"), default="plan:gold")
    with services.sessions.begin() as session:
        session.merge(plan).slug = "silver"
    assert "gold" in desk.get(f"{HERE}/1").text
    assert desk.get(f"{HERE}/1/verdicts.csv").mimetype == "text/html"
    desk.send(f"{HERE}/1/apply")
    assert members(services) == set()


def test_owners_see_imports_of_the_command_line_and_editors_do_not(
    desk: Desk, hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        begin_import(
            session,
            sample("patreon"),
            Choices(default="show:harbour"),
            file_name="typed.csv",
            by="cli",
            now=now,
        )
    work_on_imports(services, now)
    assert "typed.csv" in desk.get(HERE).text
    assert "Brought over" in desk.get(f"{HERE}/1").text
    editor = hire("editor", harbour)
    assert "typed.csv" not in editor.get(HERE).text
    assert editor.get(f"{HERE}/1").status_code == 404


@pytest.fixture
def editor(hire: Callable[..., Desk], harbour: Show) -> Desk:
    return hire("editor", harbour)


def test_an_editor_brings_members_of_their_show_over(editor: Desk, services: Services) -> None:
    send(editor, sample("patreon"))
    editor.send(f"{HERE}/1/apply")
    assert "ada@example.org" in members(services)


def test_an_analyst_may_not(hire: Callable[..., Desk], harbour: Show) -> None:
    analyst = hire("analyst", harbour)
    assert analyst.get(HERE).status_code == 403


def test_an_editor_leads_nobody_into_a_show_of_others(
    editor: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="other")
        ours = session.get_one(Show, harbour.id)
        create_plan(session, name="Both", opens=[(ours, None), (other, None)], prices=[], now=now)
    assert "plan:both" not in editor.get(HERE).text
    for target in ("plan:both", "show:other"):
        assert "from the list" in send(editor, sample("patreon"), default=target).text
    with services.sessions() as session:
        assert session.scalars(select(MemberImport)).all() == []


def test_an_editor_does_not_apply_what_an_owner_chose_beyond_them(
    editor: Desk, hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    owner = hire("owner", email="chief@example.org")
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="other")
        ours = session.get_one(Show, harbour.id)
        create_plan(session, name="Both", opens=[(ours, None), (other, None)], prices=[], now=now)
    send(owner, sample("patreon"), default="plan:both")
    editor.send(f"{HERE}/1/apply")
    assert members(services) == set()


def test_imports_of_another_show_are_not_there(
    hire: Callable[..., Desk], desk: Desk, services: Services, now: datetime
) -> None:
    send(desk, sample("patreon"))
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="other")
    stranger = hire("editor", other)
    assert stranger.get("/studio/shows/other/members/import/1").status_code == 404
    for action in ("apply", "choices", "discard", "invite", "pause", "undo"):
        stranger.send(f"/studio/shows/other/members/import/1/{action}")
    with services.sessions() as session:
        assert session.get_one(MemberImport, 1).state == "draft"


def test_it_works_without_scripts(desk: Desk) -> None:
    page = send(desk, sample("patreon")).text
    main = page[page.index("<main") :]
    [script] = re.findall(r"<script[^>]*>|onclick", main)
    assert "studio/interrupted.js" in script  # of the frame, for when the session ends
