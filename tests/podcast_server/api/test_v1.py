"""Scripts do the studio's work with a key, and nothing beyond what its person may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from episodes.models import Episode, Show, Upload
from episodes.shows import ensure_tier
from episodes.storage.base import StorageUnavailable
from feeds.models import Grant
from podcast_server.accounts.staff.api_keys import list_keys, make_key, revoke_key
from podcast_server.accounts.staff.models import ApiKey, AuditEntry, Staff
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import Role, give_role
from podcast_server.api.v1.door import OPERATIONS
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.services import Services
from tests.builders import build_episode, build_show
from tests.podcast_server.conftest import StillPostman

AUDIO = next(
    (Path(__file__).parents[3] / "podcast_server" / "demo" / "audio").glob("s01e01*.mp3")
).read_bytes()


class Script:
    """Somebody's script with a key."""

    def __init__(self, app: Flask, key: str) -> None:
        self.client = app.test_client()
        self.key = key

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **more)

    def json(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        data = json.dumps(body) if method != "GET" else None
        answer = self.ask(method, path, data=data)
        assert answer.status_code == status, answer.text
        return json.loads(answer.text) if answer.text else None


@pytest.fixture
def harbour(services: Services, now: datetime) -> Show:
    with services.sessions.begin() as session:
        return build_show(session, now, slug="harbour", title="Harbour Notes")


@pytest.fixture
def script(app: Flask, services: Services, now: datetime) -> Callable[..., Script]:
    """script("owner"), script("editor", show, may_write=False)."""

    app.config["EXAMINER"] = StillPostman()

    def make(role: Role, show: Show | None = None, *, may_write: bool = True) -> Script:
        with services.sessions.begin() as session:
            person = ensure_staff(session, f"{role}@example.org", now=now, owner=role == "owner")
            if show is not None:
                give_role(session, person.id, show.id, role)
            return Script(app, make_key(session, person, "night", may_write=may_write, now=now))

    return make


@pytest.fixture
def owner(script: Callable[..., Script]) -> Script:
    return script("owner")


@pytest.mark.thorough
def test_shows_are_listed_with_their_addresses(owner: Script, harbour: Show) -> None:
    [show] = owner.json("GET", "/shows")
    assert show["slug"] == "harbour"
    assert show["feed"].endswith("/shows/harbour/feed.xml")
    assert owner.json("GET", "/shows/harbour") == show


def test_where_to_give_and_where_a_show_is_elsewhere_are_changed(
    owner: Script, harbour: Show, services: Services
) -> None:
    links = [{"text": "Mastodon", "url": "https://sea.example/@harbour"}]
    show = owner.json("PATCH", "/shows/harbour", funding_text="Buy us a coffee", links=links)
    assert (show["funding_text"], show["links"]) == ("Buy us a coffee", links)
    more: dict[str, Any] = {
        "links": [{"url": "http://www.video.example/x"}],
        "funding_url": "https://give.example",
    }
    show = owner.json("PATCH", "/shows/harbour", **more)
    assert show["funding_text"] == "Buy us a coffee"
    assert show["links"] == [{"text": "video.example", "url": "https://www.video.example/x"}]
    assert owner.json("PATCH", "/shows/harbour", links=[])["links"] == []
    with services.sessions() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["api.show.change"] * 3


@pytest.mark.parametrize(
    "body",
    [
        {"funding_url": "javascript:alert(1)"},
        {"links": [{"text": "x", "url": "ftp://a.example"}]},
        {"links": [{"text": "x" * 65, "url": "https://a.example"}]},
        {"links": [{"text": "x", "url": "https://a.example"}] * 13},
        {"funding_text": "x" * 129},
        {"title": "Another"},
    ],
)
def test_what_no_app_could_follow_is_refused(
    owner: Script, harbour: Show, body: dict[str, Any]
) -> None:
    owner.json("PATCH", "/shows/harbour", 422, **body)
    assert owner.json("GET", "/shows/harbour")["links"] == []


def test_an_analysts_key_changes_no_show(script: Callable[..., Script], harbour: Show) -> None:
    script("analyst", harbour).json("PATCH", "/shows/harbour", 403, links=[])


def test_from_audio_to_a_published_episode(
    owner: Script, harbour: Show, services: Services, now: datetime
) -> None:
    draft = owner.json("POST", "/shows/harbour/episodes", 201, title="Fog signals")
    path = f"/shows/harbour/episodes/{draft['key']}"
    assert draft["status"] == "draft"
    refused = owner.json("POST", path + "/publish", 422)
    assert "no audio yet" in refused["title"]
    sent = owner.ask("PUT", path + "/audio?name=fog.mp3", data=AUDIO)
    assert sent.status_code == 202
    examiner: StillPostman = owner.client.application.config["EXAMINER"]
    upload_path = f"/shows/harbour/uploads/{json.loads(sent.text)['key']}"
    assert owner.json("GET", upload_path)["state"] == "examining"
    assert examiner.nudges == 1
    with services.sessions.begin() as session:
        session.scalars(select(Upload)).one().updated_at = now - timedelta(minutes=1)
    owner.json("GET", upload_path)
    assert examiner.nudges == 2  # nobody examines it, so whoever asks has it examined
    examine_waiting_uploads(services, now)
    assert owner.json("GET", upload_path)["state"] == "used"
    assert examiner.nudges == 2
    published = owner.json("POST", path + "/publish")
    assert published["status"] == "published"
    assert published["audio"]["bytes"] == len(AUDIO)
    assert published["title"] == "Fog signals"


def test_a_time_to_come_schedules(
    owner: Script, harbour: Show, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        key = build_episode(session, services.storage, show, now, title="One").key
    path = f"/shows/harbour/episodes/{key}/publish"
    later = owner.json("POST", path, at="2999-12-24T18:00:00+01:00")
    assert (later["status"], later["publish_at"]) == ("scheduled", "2999-12-24T17:00:00Z")
    wrong = owner.json("POST", path, 422, at="2999-12-24T18:00:00")
    assert "at" in wrong["fields"]


def test_only_what_is_said_is_changed(
    owner: Script, harbour: Show, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        key = build_episode(session, services.storage, show, now, title="One", number=3).key
    changed = owner.json("PATCH", f"/shows/harbour/episodes/{key}", notes="*New*")
    assert (changed["title"], changed["number"], changed["notes"]) == ("One", 3, "*New*")
    emptied = owner.json("PATCH", f"/shows/harbour/episodes/{key}", number=None)
    assert emptied["number"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": ""}, "title"),
        ({"audience": "everybody"}, "audience"),
        ({"tier_ids": [999]}, "tier_ids"),
        ({"number": 0}, "number"),
        ({"public_at": "tomorrow"}, "public_at"),
    ],
)
def test_a_wrong_field_is_named(
    owner: Script, harbour: Show, services: Services, now: datetime, body: Any, field: str
) -> None:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        key = build_episode(session, services.storage, show, now, title="One").key
    answer = owner.ask("PATCH", f"/shows/harbour/episodes/{key}", data=json.dumps(body))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert field in json.loads(answer.text)["fields"]


def test_a_membership_is_given_and_ended(
    owner: Script, harbour: Show, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        gold = ensure_tier(session, session.get_one(Show, harbour.id), "Gold").id
    given = owner.json(
        "POST", "/shows/harbour/members", 201, email="ada@example.org", reason="prize", tier_id=gold
    )
    assert "/f/" in given["feed"]
    [member] = owner.json("GET", "/shows/harbour/members?q=ada")["members"]
    assert (member["id"], member["state"]) == (given["member_id"], "member")
    owner.json("POST", f"/shows/harbour/members/{member['id']}/end", 204, reason="over")
    with services.sessions() as session:
        assert {grant.ends_at for grant in session.scalars(select(Grant))} == {now}
    [member] = owner.json("GET", "/shows/harbour/members")["members"]
    assert member["state"] != "member"


def test_what_is_paid_for_is_not_ended_by_a_script(
    owner: Script, harbour: Show, services: Services
) -> None:
    given = owner.json("POST", "/shows/harbour/members", 201, email="a@example.org", reason="x")
    with services.sessions.begin() as session:
        session.scalars(select(Grant)).one().source = "subscription"
    owner.json("POST", f"/shows/harbour/members/{given['member_id']}/end", 204, reason="over")
    with services.sessions() as session:
        assert session.scalars(select(Grant)).one().ends_at is None


def test_downloads_are_given_by_day(owner: Script, harbour: Show) -> None:
    days = owner.json("GET", "/shows/harbour/downloads?from=2024-02-28&to=2024-03-01")
    assert [day["day"] for day in days] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    owner.json("GET", "/shows/harbour/downloads?from=soon", 422)
    owner.json("GET", "/shows/harbour/downloads?from=1900-01-01", 422)


@pytest.mark.parametrize(
    "key", ["", "psk_wrong", "psk_" + "x" * 43, "Basic", "psk_\u00e9"], ids=range(5)
)
def test_without_a_key_that_holds_nothing_is_open(app: Flask, harbour: Show, key: str) -> None:
    for each in OPERATIONS:
        path = each.path.replace("<slug>", "harbour").replace("<key>", "x")
        answer = Script(app, key).ask(each.method, path.replace("<int:member_id>", "1"))
        assert answer.status_code in {401, 429}
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_and_one_of_somebody_who_left_hold_no_longer(
    script: Callable[..., Script], harbour: Show, services: Services, now: datetime
) -> None:
    editor = script("editor", harbour)
    with services.sessions.begin() as session:
        person = session.scalars(select(Staff)).one()
        person.disabled_at = now
    assert editor.ask("GET", "/shows").status_code == 401
    with services.sessions.begin() as session:
        person = session.scalars(select(Staff)).one()
        person.disabled_at = None
        [key] = list_keys(session, person.id)
        assert revoke_key(session, person.id, key.id, now)
    assert editor.ask("GET", "/shows").status_code == 401


def test_a_studio_session_is_no_key(app: Flask, harbour: Show) -> None:
    client = app.test_client()
    with client.session_transaction() as cookies:
        cookies["studio"] = "anything"
    assert client.get("/api/v1/shows").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/no-such-room", 404), ("DELETE", "/shows", 405)]
)
def test_what_the_api_does_not_have_is_told_as_a_problem_and_not_as_a_page(
    owner: Script, method: str, path: str, status: int
) -> None:
    answer = owner.ask(method, path)
    assert answer.mimetype == "application/problem+json"
    assert (answer.status_code, json.loads(answer.text)["status"]) == (status, status)


def test_an_error_of_ours_is_told_as_a_problem_too(
    app: Flask, owner: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_values: Any) -> None:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "api_v1.get_shows", broken)
    answer = owner.ask("GET", "/shows")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")


def test_a_key_that_only_reads_changes_nothing(
    script: Callable[..., Script], harbour: Show, services: Services
) -> None:
    reader = script("owner", may_write=False)
    assert reader.ask("GET", "/shows/harbour/episodes").status_code == 200
    for each in OPERATIONS:
        if each.method != "GET":
            path = each.path.replace("<slug>", "harbour").replace("<key>", "x")
            answer = reader.ask(each.method, path.replace("<int:member_id>", "1"))
            assert answer.status_code == 403
    with services.sessions() as session:
        assert session.scalars(select(Episode)).all() == []


def test_the_key_of_an_editor_opens_their_show_alone(
    script: Callable[..., Script], harbour: Show, services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="other", title="Other")
        foreign = build_episode(session, services.storage, other, now, title="Secret").key
    editor = script("editor", harbour)
    assert [show["slug"] for show in editor.json("GET", "/shows")] == ["harbour"]
    for each in OPERATIONS:
        if "<slug>" in each.path:
            path = each.path.replace("<slug>", "other").replace("<key>", foreign)
            answer = editor.ask(each.method, path.replace("<int:member_id>", "1"))
            assert answer.status_code == 404
    for path in ("", "/publish", "/withdraw"):
        method = "POST" if path else "GET"
        answer = editor.ask(method, f"/shows/harbour/episodes/{foreign}{path}", data="{}")
        assert answer.status_code == 404


def test_an_analyst_sees_numbers_and_no_people(
    script: Callable[..., Script], harbour: Show
) -> None:
    analyst = script("analyst", harbour)
    assert analyst.ask("GET", "/shows/harbour/downloads").status_code == 200
    assert analyst.ask("GET", "/shows/harbour/members").status_code == 403
    assert analyst.ask("GET", "/shows/harbour/episodes").status_code == 403


def test_keys_are_kept_as_hashes_and_acts_name_them(
    owner: Script, harbour: Show, services: Services
) -> None:
    owner.json("POST", "/shows/harbour/episodes", 201, title="One")
    with services.sessions() as session:
        kept = session.scalars(select(ApiKey)).one()
        assert owner.key not in kept.token_hash
        assert kept.used_at is not None
        acts = [(act.action, act.subject) for act in session.scalars(select(AuditEntry))]
    assert ("api.episode.create", "One (night)") in acts


def test_guessing_is_slowed_down(app: Flask, harbour: Show) -> None:
    answers = [Script(app, f"psk_{n}").ask("GET", "/shows") for n in range(70)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"]


def test_all_addresses_of_one_ipv6_network_guess_together(app: Flask, harbour: Show) -> None:
    client = app.test_client()

    def ask(address: str) -> int:
        place = {"REMOTE_ADDR": address}
        base = "http://podcast.test"
        return client.get("/api/v1/shows", base_url=base, environ_base=place).status_code

    said = [ask(f"2001:db8:1:2::{number:x}") for number in range(1, 71)]
    assert said.count(429) == 10
    assert ask("2001:db8:1:3::1") == 401


def test_the_description_names_everything(app: Flask) -> None:
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    assert told["openapi"] == "3.1.0"
    count = sum(len(methods) for methods in told["paths"].values())
    assert count == len(OPERATIONS)
    text = json.dumps(told)
    for name in [part.split('"')[0] for part in text.split("#/components/schemas/")[1:]]:
        assert name in told["components"]["schemas"]


def test_a_body_that_is_no_json_is_refused(owner: Script, harbour: Show) -> None:
    answer = owner.ask("POST", "/shows/harbour/episodes", data=b"\xff{")
    assert answer.status_code == 422
    large = owner.ask("POST", "/shows/harbour/episodes", data=b'"' + b"x" * 2_000_000 + b'"')
    assert large.status_code == 413


def test_a_text_with_nul_in_it_is_refused_by_name(owner: Script, harbour: Show) -> None:
    answer = owner.ask("POST", "/shows/harbour/episodes", json={"title": "a\0b"})
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == ["title"]
    spelled = owner.json("POST", "/shows/harbour/episodes", 201, title=r"a\u0000b")
    assert spelled["title"] == r"a\u0000b"


def test_while_the_storage_is_away_audio_is_asked_for_again(
    owner: Script, harbour: Show, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise StorageUnavailable("the S3 server cannot be reached")

    draft = owner.json("POST", "/shows/harbour/episodes", 201, title="Fog signals")
    path = f"/shows/harbour/episodes/{draft['key']}/audio"
    with monkeypatch.context() as patched:
        patched.setattr(services.storage, "put_part", fail)
        assert owner.ask("PUT", path, data=AUDIO).status_code == 503
    assert owner.ask("PUT", path, data=AUDIO).status_code == 202
