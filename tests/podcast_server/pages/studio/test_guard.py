"""Nobody opens what is not theirs: every route of the studio is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule

from episodes.models import Episode, Show
from podcast_server.pages.studio.guard import needs
from podcast_server.services import Services
from tests.builders import build_show
from tests.podcast_server.pages.studio.conftest import Desk

OPEN = {"studio_sign_in", "studio_set_up", "studio_join", "studio_passkeys"}


def studio_rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/studio"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def filled(rule: Rule, slug: str, key: str) -> str:
    """An address of the rule."""
    values: dict[str, object] = {"slug": slug, "key": key}
    for name in rule.arguments - set(values):
        values[name] = 1 if name.endswith(("_id", "number")) else "x" * 24
    path = rule.rule
    for name in rule.arguments:
        start = path.index(name + ">")
        begin = path.rindex("<", 0, start + 1)
        path = path[:begin] + str(values[name]) + path[start + len(name) + 1 :]
    return path


@pytest.fixture
def open_forms(app: Flask) -> None:
    """Without the CSRF check, which would refuse before the guard is asked."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False


def test_every_studio_route_belongs_to_a_guarded_blueprint(app: Flask) -> None:
    for rule, _method in studio_rules(app):
        blueprint = app.blueprints[rule.endpoint.split(".")[0]]
        guards = blueprint.before_request_funcs[None]
        assert any(each.__name__ == "_guard" for each in guards), rule.rule


@pytest.mark.usefixtures("open_forms")
def test_strangers_reach_nothing_but_the_doors(
    app: Flask, owner: Desk, harbour: Show, first: Episode
) -> None:
    client = app.test_client()
    for rule, method in studio_rules(app):
        if getattr(app.view_functions[rule.endpoint], "studio_needs", "") == "nothing":
            assert rule.endpoint.split(".")[0] in OPEN
            continue
        answer = client.open(filled(rule, "harbour", first.key), method=method)
        where = f"{method} {rule.rule}"
        assert answer.status_code == 303, where
        assert answer.headers["Location"].startswith("/studio/sign-in"), where


@pytest.mark.usefixtures("open_forms", "owner", "harbour")
@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        (
            "http://localhost/studio/shows/harbour/settings?a=b",
            "/studio/shows/harbour/settings?a=b",
        ),
        ("http://elsewhere.example/studio/shows/harbour/settings", "/studio"),
        ("http://localhost/shows/harbour", "/studio"),
        ("http://localhost//elsewhere.example/studio", "/studio"),
        ("", "/studio"),
    ],
)
def test_whose_session_ended_comes_back_to_the_form_and_nowhere_else(
    app: Flask, sent_from: str, back: str
) -> None:
    sent = app.test_client().post(
        "/studio/shows/harbour/settings", headers={"Referer": sent_from} if sent_from else {}
    )
    assert parse_qs(urlsplit(sent.headers["Location"]).query) == {"next": [back]}


@pytest.mark.usefixtures("harbour")
def test_a_form_that_is_too_old_says_the_way_back_to_it(owner: Desk) -> None:
    sent = owner.client.post(
        "/studio/shows/harbour/settings",
        data={"csrf_token": "old"},
        headers={"Referer": "http://localhost/studio/shows/harbour/settings"},
    )
    assert sent.status_code == 400
    assert 'href="/studio/shows/harbour/settings"' in sent.text


@pytest.mark.parametrize("host", ["elsewhere.example", "", "a b"])
def test_a_form_sent_to_a_foreign_host_name_is_refused(app: Flask, host: str) -> None:
    sent = app.test_client().post("/studio/sign-in", headers={"Host": host})
    assert sent.status_code == 400


@pytest.mark.usefixtures("open_forms")
def test_an_editor_of_one_show_finds_no_url_of_another(
    app: Flask, hire: Callable[..., Desk], services: Services, harbour: Show, first: Episode
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, harbour.created_at, slug="elsewhere")
    editor = hire("editor", other)
    for rule, method in studio_rules(app):
        if "slug" not in rule.arguments:
            continue
        answer = editor.client.open(filled(rule, "harbour", first.key), method=method)
        assert answer.status_code == 404, f"{method} {rule.rule}"


@pytest.mark.usefixtures("open_forms")
def test_an_episode_of_another_show_is_not_found_through_ones_own(
    app: Flask, hire: Callable[..., Desk], services: Services, harbour: Show, first: Episode
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, harbour.created_at, slug="elsewhere")
    editor = hire("editor", other)
    for rule, method in studio_rules(app):
        if not rule.rule.startswith("/studio/shows/<slug>/episodes/<key>"):
            continue
        data = {"act": "delete"} if method == "POST" else None
        answer = editor.client.open(filled(rule, "elsewhere", first.key), method=method, data=data)
        gone = answer.status_code == 404 or "no such episode" in editor.get("/studio/account").text
        assert gone, f"{method} {rule.rule}: {answer.status_code}"
    with services.sessions() as session:
        assert session.get_one(Episode, first.id).state == "ready"


@pytest.mark.usefixtures("open_forms")
def test_an_analyst_changes_nothing(
    app: Flask, hire: Callable[..., Desk], harbour: Show, first: Episode
) -> None:
    analyst = hire("analyst", harbour)
    for rule, method in studio_rules(app):
        if "slug" not in rule.arguments or method == "GET":
            continue
        answer = analyst.client.open(filled(rule, "harbour", first.key), method=method)
        assert answer.status_code == 403, f"{method} {rule.rule}"


@pytest.mark.usefixtures("open_forms")
def test_an_editor_is_kept_out_of_what_is_the_owners(
    app: Flask, hire: Callable[..., Desk], harbour: Show, first: Episode
) -> None:
    editor = hire("editor", harbour)
    for rule, method in studio_rules(app):
        view = app.view_functions[rule.endpoint]
        if "slug" in rule.arguments or getattr(view, "studio_needs", None) is not None:
            continue
        answer = editor.client.open(filled(rule, "harbour", first.key), method=method)
        assert answer.status_code == 403, f"{method} {rule.rule}"


def test_every_form_of_the_studio_wants_its_token(
    app: Flask, owner: Desk, harbour: Show, first: Episode
) -> None:
    for rule, method in studio_rules(app):
        if method == "GET":
            continue
        answer = owner.client.open(filled(rule, "harbour", first.key), method=method)
        assert answer.status_code == 400, f"{method} {rule.rule}"


def test_a_mark_on_a_view_is_what_the_guard_reads() -> None:
    @needs("analyst")
    def view() -> None: ...

    assert vars(view) == {"studio_needs": "analyst"}
