"""More that is tried against listeners: framed pages, replayed links, guesses, planted sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from episodes.storage.base import Storage
from feeds.private_feeds import feeds_of
from feeds.tokens import REPORT, Tokens
from podcast_server.accounts.mail_choices import SECRET, unsubscribe_token
from podcast_server.database import reading
from podcast_server.pages.public.offers import Offer
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import Clock, People
from tests.podcast_server.conftest import Browser, Letters

PAYING = "paying@example.org"
SAFE_REFERRERS = {"same-origin", "no-referrer"}


@pytest.fixture
def episode(session: Session, storage: Storage, show: Show, clock: Clock) -> Episode:
    made = build_episode(session, storage, show, clock.now)
    session.commit()
    return made


@pytest.fixture
def secret_paths(
    people: People, episode: Episode, show: Show, session: Session, services: Services
) -> list[str]:
    """Every page of a member, and every address that is a key by itself."""
    feed = people.paying.feed_id
    [private] = feeds_of(session, people.paying.member_id)
    report = services.tokens.mint(REPORT, private.key, private.signing_key)
    stop = unsubscribe_token(services.tokens.derive(SECRET), people.paying.member_id, show.id)
    key = episode.key
    session.rollback()  # a test's own open transaction would keep the pages from writing
    return [
        "/me",
        "/me/listen",
        f"/me/listen/{key}",
        "/me/mails",
        "/me/account",
        "/me/account/delete",
        "/me/billing",
        f"/me/feeds/{feed}",
        f"/me/feeds/{feed}/reset",
        f"/me/feeds/{feed}/sharing",
        f"/report/{report}",
        f"/unsubscribe/{stop}",
        f"{people.paying.media}/renew",
        "/sign-in",
        "/sign-in/check",
    ]


def test_no_page_of_a_listener_can_be_framed_cached_indexed_or_named_to_others(
    browser: Browser, letters: Letters, secret_paths: list[str]
) -> None:
    browser.sign_in(letters, PAYING)
    for path in secret_paths:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert page.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"], path
        assert "no-store" in page.headers["Cache-Control"], path
        assert page.headers["Referrer-Policy"] in SAFE_REFERRERS, path
        assert 'content="noindex' in page.text, path


def test_links_to_other_sites_and_apps_on_pages_with_secrets_say_nothing_of_them(
    browser: Browser, letters: Letters, secret_paths: list[str]
) -> None:
    browser.sign_in(letters, PAYING)
    for path in secret_paths:
        for tag in re.findall(r"<a [^>]*>", browser.get(path).text):
            href = re.search(r'href="([^"]*)"', tag)
            assert href, tag
            if re.match(r"[a-z]+:", href[1]) and not href[1].startswith("http://podcast.test"):
                assert "noreferrer" in tag, (path, tag)


def test_nothing_on_these_pages_comes_from_another_host(
    browser: Browser, letters: Letters, secret_paths: list[str]
) -> None:
    browser.sign_in(letters, PAYING)
    for path in secret_paths:
        for address in re.findall(r'(?:src|srcset|action)="([^"]+)"', browser.get(path).text):
            assert address.startswith(("/", "http://podcast.test")), path


def test_a_code_that_was_used_is_worth_nothing_a_second_time(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    code = letters.code()
    assert browser.post("/sign-in/check", code=code).request.path == "/me"
    browser.post("/me/account", "/sign-out")
    page = browser.get("/sign-in/check")
    if 'name="code"' in page.text:
        browser.post("/sign-in/check", code=code)
    assert browser.get("/me").request.path == "/sign-in"


def test_a_link_the_attacker_asked_for_signs_no_victim_in_as_the_attacker(
    app: Flask, people: People, letters: Letters
) -> None:
    attacker, victim = Browser(app), Browser(app)
    attacker.post("/sign-in", email="free@example.org")
    page = victim.post(letters.link())
    assert page.request.path != "/me"
    assert victim.get("/me").request.path == "/sign-in"


def test_a_session_planted_before_signing_in_is_not_the_one_after(
    app: Flask, people: People, letters: Letters
) -> None:
    attacker, victim = Browser(app), Browser(app)
    attacker.get("/sign-in")
    planted = attacker.client.get_cookie("session")
    assert planted
    victim.client.set_cookie("session", planted.value)
    victim.sign_in(letters, PAYING)
    assert victim.get("/me").request.path == "/me"
    assert attacker.get("/me").request.path == "/sign-in"


def test_a_hand_over_address_dies_with_its_feed_and_with_its_time(
    app: Flask, browser: Browser, people: People, letters: Letters, clock: Clock
) -> None:
    browser.sign_in(letters, PAYING)
    feed = f"/me/feeds/{people.paying.feed_id}"
    browser.post(feed, f"{feed}/mail")
    first = letters.link()
    assert Browser(app).get(first).status_code == 200
    clock.now += timedelta(days=1)
    assert Browser(app).get(first).status_code == 404
    browser.sign_in(letters, PAYING)
    browser.post(feed, f"{feed}/mail")
    second = letters.link()
    browser.post(f"{feed}/reset")
    assert Browser(app).get(second).status_code == 404


def test_joining_answers_alike_whoever_is_a_member(
    app: Flask, people: People, show: Show, letters: Letters
) -> None:
    free = Offer("free", "Friend", "", [], f"/shows/{show.slug}/join")
    app.config["OFFERS"] = lambda _session, _show, _now: [free]

    def answer(email: str) -> tuple[int, str, list[str]]:
        page = Browser(app).post(f"/shows/{show.slug}/join", email=email)
        text = re.sub(r'csrf_token" value="[^"]+"', "", page.text.replace(email, ""))
        return page.status_code, text, sorted(page.headers.keys())

    assert answer(PAYING) == answer("nobody@example.org")
    assert {mail.kind for mail in letters.all()} == {"join"}


def test_somebody_elses_feed_and_one_that_never_was_answer_alike(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    for rest in ("", "/reset", "/sharing", "/word"):
        theirs = browser.get(f"/me/feeds/{people.lapsed.feed_id}{rest}")
        nobodys = browser.get(f"/me/feeds/987654{rest}")
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text == nobodys.text


def test_closed_and_unknown_report_links_tell_nothing_of_the_member(
    browser: Browser, people: People, tokens: Tokens, services: Services, session: Session
) -> None:
    with reading(services.engine) as database:
        [feed] = feeds_of(database, people.lapsed.member_id)
    lapsed = browser.get("/report/" + tokens.mint(REPORT, feed.key, feed.signing_key))
    for word in ("lapsed", "ended", "payment", "@example.org"):
        assert word not in lapsed.text
