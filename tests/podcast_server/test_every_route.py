"""Whatever is sent to whichever address: an answer, and never the server's own fault."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from episodes.models import Show
from feeds.delivery.lane import Lane
from podcast_server.accounts.sessions import start_session
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.sessions import start_staff_session
from podcast_server.app import create_app
from podcast_server.services import Services
from podcast_server.settings import LimitSettings
from tests.conftest import NOW, People

BASE = "http://podcast.test"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "harbour",
            "1",
            "0",
            "-1",
            "9" * 30,
            "..",
            "%00",
            "%2e%2e%2f",
            "a" * 2000,
            "\u202e",
            "'; --",
        ]
    ),
)
VALUES = st.one_of(
    PIECES,
    st.sampled_from(["on", "true", "2026-13-45", "1e999", "NaN", "{}", "[]", "\x00", "\ud7ff"]),
)
NAMES = st.sampled_from(
    [
        "email",
        "code",
        "token",
        "next",
        "page",
        "q",
        "name",
        "amount",
        "title",
        "lang",
        "csrf_token",
        "width",
        "from",
        "to",
        "sort",
        "url",
        "format",
        "maxwidth",
        "plan",
        "coupon",
        "ids",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Range",
            "If-None-Match",
            "If-Range",
            "If-Modified-Since",
            "Accept",
            "Accept-Language",
            "Accept-Encoding",
            "Content-Type",
            "Referer",
            "User-Agent",
            "Stripe-Signature",
            "Cookie",
            "X-Requested-With",
        ]
    ),
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
    ),
    max_size=4,
)


@pytest.fixture
def app(services: Services, lane: Lane, people: People) -> Flask:
    most = LimitSettings(address_per_minute=1_000_000, account_per_minute=1_000_000)
    settings = services.settings.model_copy(update={"limits": most})
    app = create_app(replace(services, settings=settings), lane, lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False  # to get behind the door that stops most of it
    return app


WHO = ("nobody", "member", "owner")


@pytest.fixture
def keys(services: Services, people: People) -> dict[str, str]:
    """What the sessions of a member and an owner hold."""
    with services.sessions.begin() as session:
        session.get_one(Show, people.show_id).slug = "harbour"
        owner = ensure_staff(session, "owner@example.org", now=NOW, owner=True)
        return {
            "signed_in": start_session(session, people.paying.member_id, device="test", now=NOW),
            "studio": start_staff_session(session, owner.id, device="test", now=NOW),
        }


def client_of(app: Flask, who: str, keys: dict[str, str]) -> FlaskClient:
    client = app.test_client()
    key = {"member": "signed_in", "owner": "studio"}.get(who)
    if key:
        with client.session_transaction(base_url=BASE) as session:
            session[key] = keys[key]
    return client


def rules_of(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,  # the same on every machine; raise max_examples to hunt
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_route_fails_whatever_is_sent(
    app: Flask, keys: dict[str, str], data: st.DataObject
) -> None:
    rule = data.draw(st.sampled_from(rules_of(app)))
    path = rule.rule
    for name in sorted(rule.arguments):
        piece = data.draw(PIECES, label=name)
        start = path.index("<")
        path = path[:start] + quote(piece, safe="%") + path[path.index(">") + 1 :]
    client = client_of(app, data.draw(st.sampled_from(WHO)), keys)
    answer = client.open(
        "/" + path.lstrip("/"),
        base_url=BASE,
        method=data.draw(st.sampled_from(METHODS)),
        query_string=data.draw(st.dictionaries(NAMES, VALUES, max_size=3)),
        headers=data.draw(HEADERS),
        data=data.draw(
            st.one_of(st.binary(max_size=200), st.dictionaries(NAMES, VALUES, max_size=4))
        ),
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    answer.close()
    assert answer.status_code < 500, f"{rule.rule} → {answer.status_code}"


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_an_empty_request(
    app: Flask, keys: dict[str, str], method: str, who: str
) -> None:
    client = client_of(app, who, keys)
    for rule in rules_of(app):
        path = rule.rule.replace("<slug>", "harbour")
        while "<" in path:
            path = path[: path.index("<")] + "1" + path[path.index(">") + 1 :]
        answer = client.open(path, base_url=BASE, method=method)
        answer.close()
        assert answer.status_code < 500, f"{method} {path} → {answer.status_code}"
