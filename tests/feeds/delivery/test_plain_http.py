"""Private addresses without encryption: sent on, remembered, never answered."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from feeds.delivery.door import fast_lane
from feeds.delivery.lane import Lane
from feeds.delivery.plain_http import Exposures, never_plain
from feeds.doctor import examine_feed
from feeds.models import PrivateFeed
from feeds.tokens import Tokens
from tests.conftest import Clock, People

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def nothing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"content"]


def ask(app: WSGIApplication, path: str, **more: str) -> tuple[str, dict[str, str], bytes]:
    told: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "pod.example"} | more
    body = b"".join(app(environ, lambda *words: told.append(words)))  # type: ignore[arg-type]
    status, headers = told[0][:2]
    return status[:3], dict(headers), body


@pytest.fixture
def exposures(engine: Engine, tokens: Tokens, clock: Clock) -> Exposures:
    return Exposures(engine, tokens, clock)


@pytest.fixture
def app(exposures: Exposures) -> WSGIApplication:
    return never_plain(nothing, "https://pod.example", exposures, frozenset({"old.example"}))


def exposed_at(session: Session, people: People) -> datetime | None:
    session.rollback()
    session.expire_all()
    return session.get_one(PrivateFeed, people.paying.feed_id).exposed_at


def test_it_leads_to_the_same_address_by_https_and_says_nothing_else(
    app: WSGIApplication, people: People
) -> None:
    status, headers, body = ask(
        app, people.paying.feed, QUERY_STRING="x=1&y=%C3%A9", HTTP_X_PLAIN_HTTP="1"
    )
    assert (status, body) == ("301", b"")
    assert headers["Location"] == f"https://pod.example{people.paying.feed}?x=1&y=%C3%A9"
    assert headers["Cache-Control"] == "no-store"


def test_by_https_nothing_is_in_the_way(app: WSGIApplication, people: People) -> None:
    assert ask(app, people.paying.feed)[2] == b"content"


@pytest.mark.parametrize("kind", ["feed", "media"])
def test_the_feed_remembers_the_first_time(
    app: WSGIApplication,
    people: People,
    session: Session,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    path = people.paying.feed if kind == "feed" else f"{people.paying.media}/abcdefghij.mp3"
    first = clock.now
    with caplog.at_level(logging.WARNING):
        ask(app, path, HTTP_X_PLAIN_HTTP="1")
        clock.advance(days=1)
        ask(app, path, HTTP_X_PLAIN_HTTP="1")
    assert exposed_at(session, people) == first
    assert len(caplog.records) == 1
    assert people.paying.feed[3:] not in caplog.text
    assert people.paying.media[3:] not in caplog.text


def test_the_doctor_offers_another_address(
    app: WSGIApplication, people: People, session: Session, clock: Clock
) -> None:
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    assert "exposed" not in {each.code for each in examine_feed(session, feed, clock.now)}
    session.commit()
    ask(app, people.paying.feed, HTTP_X_PLAIN_HTTP="1")
    session.refresh(feed)
    assert "exposed" in {each.code for each in examine_feed(session, feed, clock.now)}


def test_made_up_tokens_are_sent_on_and_not_noted(
    app: WSGIApplication, people: People, session: Session
) -> None:
    made_up = "/f/" + people.paying.feed[3:-1] + ("0" if people.paying.feed[-1] != "0" else "1")
    for path in (made_up, "/f/", "/m/x/y", "/f/" + "ä" * 50, people.stranger):
        assert ask(app, path.encode().decode("latin-1"), HTTP_X_PLAIN_HTTP="1")[0] == "301"
    assert exposed_at(session, people) is None


@pytest.mark.parametrize("host", ["evil.example", "pod.example:81", "", "pod.example\r\nX: y"])
def test_nobody_is_led_elsewhere(app: WSGIApplication, host: str) -> None:
    _, headers, _ = ask(app, "/f/\r\nX-Evil: 1", HTTP_HOST=host, HTTP_X_PLAIN_HTTP="1")
    assert headers["Location"] == "https://pod.example/f/%0D%0AX-Evil:%201"


def test_an_old_host_keeps_its_name(app: WSGIApplication) -> None:
    _, headers, _ = ask(app, "/rss/1", HTTP_HOST="old.example", HTTP_X_PLAIN_HTTP="1")
    assert headers["Location"] == "https://old.example/rss/1"


def test_what_machines_ask_for_is_answered_as_it_came(app: WSGIApplication) -> None:
    status, _, _ = ask(app, "/.well-known/podcast-server/1", HTTP_X_PLAIN_HTTP="1")
    assert status == ask(app, "/.well-known/podcast-server/1")[0] == "200"


def test_a_server_without_https_stays_as_it_is(exposures: Exposures) -> None:
    assert never_plain(nothing, "http://127.0.0.1:8000", exposures) is nothing


def test_a_database_that_is_away_does_not_keep_anybody_from_https(
    app: WSGIApplication, people: People, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE private_feeds RENAME TO elsewhere")
    assert ask(app, people.paying.feed, HTTP_X_PLAIN_HTTP="1")[0] == "301"


def test_answers_by_https_ask_to_stay_there(lane: Lane, people: People) -> None:
    environ = {"HTTP_ACCEPT_ENCODING": ""}
    secure = ask(fast_lane(lane, nothing, https=True), people.paying.feed, **environ)
    assert secure[1]["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in ask(fast_lane(lane, nothing), people.paying.feed)[1]
