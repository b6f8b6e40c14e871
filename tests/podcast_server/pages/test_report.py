"""“Report this feed”: whoever finds a private feed can have it closed, and learns nothing."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.models import LedgerEntry
from feeds.private_feeds import feeds_of
from feeds.tokens import REPORT, Tokens
from podcast_server.database import reading
from podcast_server.services import Services
from tests.builders import build_feed, build_member, give_membership
from tests.conftest import Clock, Get, People, body_of
from tests.podcast_server.conftest import Browser, Letters

PAYING = "paying@example.org"


def report_path(get: Get, feed: str) -> str:
    """Where the description of this feed leads."""
    found = re.search(rb'href="http://podcast\.test(/report/[^"]+)"', body_of(get(feed)))
    assert found
    return found[1].decode()


def test_every_private_feed_says_where_to_report_it_and_the_public_one_does_not(
    get: Get, people: People, show: Show
) -> None:
    paths = {report_path(get, each.feed) for each in (people.paying, people.lapsed, people.free)}
    assert len(paths) == 3
    assert b"/report/" not in body_of(get(f"/shows/{show.slug}/feed.xml"))


def test_the_link_is_in_the_compressed_feed_too_and_in_the_shows_language(
    get: Get, people: People, show: Show, session: Session
) -> None:
    session.get_one(Show, show.id).language = "fr"
    session.get_one(Show, show.id).revision += 1
    session.commit()
    body = gzip.decompress(body_of(get(people.paying.feed, accept_encoding="gzip")))
    assert body == body_of(get(people.paying.feed))
    assert "Signaler ce flux" in body.decode()


def test_a_long_description_never_cuts_the_link_off(
    get: Get, people: People, show: Show, session: Session
) -> None:
    session.get_one(Show, show.id).description = "word " * 3000
    session.get_one(Show, show.id).revision += 1
    session.commit()
    text = body_of(get(people.paying.feed)).decode()
    description = re.search(r"<description><!\[CDATA\[(.*?)\]\]>", text, re.DOTALL)
    assert description
    assert len(description[1].encode()) <= 4000
    assert "/report/" in description[1]


def test_the_link_holds_neither_of_the_keys_and_nothing_of_the_member(
    get: Get, people: People, browser: Browser, tokens: Tokens
) -> None:
    path = report_path(get, people.paying.feed)
    token = path.rsplit("/", 1)[1]
    feed, media = people.paying.feed[3:], people.paying.media[3:]
    assert token not in {feed, media}
    for kind in ("pf", "pm"):
        # Its signature is no good for anything else.
        assert tokens.read(kind, kind + token[2:]) is None
    page = browser.get(path)
    assert feed not in page.text
    assert media not in page.text
    assert PAYING not in page.text
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "no-store" in page.headers["Cache-Control"]


def test_looking_at_the_page_closes_nothing(get: Get, people: People, browser: Browser) -> None:
    path = report_path(get, people.paying.feed)
    for _ in range(3):
        browser.get(path)
        browser.client.head(path)
    assert get(people.paying.feed).status == 200
    assert report_path(get, people.paying.feed) == path


def test_a_report_closes_the_feed_and_its_member_gets_a_new_one_by_mail(
    get: Get, people: People, browser: Browser, letters: Letters, services: Services
) -> None:
    path = report_path(get, people.paying.feed)
    page = browser.post(path)
    assert "The feed is closed" in page.text
    assert PAYING not in page.text
    assert b"was replaced" in body_of(get(people.paying.feed))
    assert b"/report/" not in body_of(get(people.paying.feed))
    assert get(f"{people.paying.media}/{'a' * 10}.mp3").status == 410
    with reading(services.engine) as session:
        old, fresh = feeds_of(session, people.paying.member_id)
        assert (old.state, fresh.state, old.replaced_by_id) == ("replaced", "open", fresh.id)
    mail = letters.newest()
    assert (mail.kind, mail.recipient) == ("feed_reported", PAYING)
    assert letters.link() == f"/me/feeds/{fresh.id}"


def test_one_link_closes_one_feed_once(
    get: Get, people: People, browser: Browser, letters: Letters, services: Services
) -> None:
    path = report_path(get, people.paying.feed)
    browser.post(path)
    assert "closed already" in browser.get(path).text
    token = re.search(r'csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert token
    browser.client.post(path, data={"csrf_token": token[1]})
    with reading(services.engine) as session:
        assert len(feeds_of(session, people.paying.member_id)) == 2
    assert len(letters.all()) == 1


def test_another_site_cannot_report_through_a_visitor(
    get: Get, people: People, browser: Browser
) -> None:
    answer = browser.client.post(report_path(get, people.paying.feed))
    assert answer.status_code == 400
    assert b"was replaced" not in body_of(get(people.paying.feed))


def test_garbage_and_other_tokens_report_nothing(browser: Browser, people: People) -> None:
    for token in ("x", people.paying.feed[3:], people.paying.media[3:], "pr" + "a" * 48):
        assert browser.get(f"/report/{token}").status_code == 404


def test_the_owner_is_led_to_their_own_reset(
    get: Get, people: People, browser: Browser, letters: Letters
) -> None:
    path = report_path(get, people.paying.feed)
    browser.sign_in(letters, PAYING)
    assert browser.get(path).request.path == f"/me/feeds/{people.paying.feed_id}/reset"


@pytest.fixture
def leaked(session: Session, show: Show, clock: Clock, tokens: Tokens) -> list[str]:
    """The report links of seven feeds that were found somewhere."""
    paths = []
    for _ in range(7):
        member = build_member(session, clock.now)
        give_membership(session, member, show, clock.now)
        feed = build_feed(session, member, show, clock.now)
        paths.append("/report/" + tokens.mint(REPORT, feed.key, feed.signing_key))
    session.commit()
    return paths


def test_a_machine_cannot_close_all_feeds_it_has_found(
    app: Flask, leaked: list[str], clock: Clock
) -> None:
    machine = Browser(app, REMOTE_ADDR="203.0.113.7")
    answers = [machine.post(path) for path in leaked[:6]]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "3600"
    assert "reported from here" in answers[5].text
    assert Browser(app, REMOTE_ADDR="203.0.113.8").post(leaked[5]).status_code == 200
    clock.advance(hours=1, minutes=1)
    assert machine.post(leaked[6]).status_code == 200


def test_the_ledger_tells_reporters_apart_without_knowing_them(
    app: Flask, leaked: list[str], session: Session, clock: Clock
) -> None:
    Browser(app, REMOTE_ADDR="203.0.113.7").post(leaked[0])
    entry = session.query(LedgerEntry).filter_by(action="feed_replaced").one()
    assert entry.actor.startswith("report:")
    assert "203.0" not in entry.actor
    assert entry.at - clock.now < timedelta(seconds=1)
