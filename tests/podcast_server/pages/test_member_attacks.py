"""What is tried against the listener's side, and does not work."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from episodes.models import Show
from feeds.private_feeds import feeds_of
from podcast_server.database import reading
from podcast_server.services import Services
from tests.conftest import Clock, People
from tests.podcast_server.conftest import Browser, Letters

PAYING, LAPSED = "paying@example.org", "lapsed@example.org"


def test_nobody_finds_out_who_is_a_member(app: Flask, people: People) -> None:
    def answer(email: str) -> tuple[int, str, list[str]]:
        page = Browser(app).post("/sign-in", email=email)
        text = page.text.replace(email, "")
        text = re.sub(r'csrf_token" value="[^"]+"', "", text)
        return page.status_code, text, sorted(page.headers.keys())

    assert answer(PAYING) == answer("nobody@example.org")


def test_a_stranger_who_asks_is_told_so_by_mail_without_a_way_in(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email="nobody@example.org")
    mail = letters.newest()
    assert mail.kind == "sign_in_unknown"
    assert "/sign-in/" not in mail.text


def test_asking_too_often_is_refused_alike_for_all(app: Flask, people: People) -> None:
    for email in (PAYING, "nobody@example.org"):
        browser = Browser(app, REMOTE_ADDR=f"192.0.2.{len(email)}")
        for _ in range(5):
            browser.post("/sign-in", email=email)
        answer = browser.post("/sign-in", email=email)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "3600"


def test_a_link_works_once(app: Flask, browser: Browser, people: People, letters: Letters) -> None:
    browser.sign_in(letters, PAYING)
    thief = Browser(app)
    assert "no longer works" in thief.get(letters.link()).text
    assert thief.get("/me").request.path == "/sign-in"


def test_a_link_preview_does_not_use_the_link_up(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    for _ in range(3):
        app.test_client().get(letters.link())
        app.test_client().head(letters.link())
    assert browser.post(letters.link()).request.path == "/me"


def test_a_stolen_link_is_worth_nothing_without_the_code(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    thief = Browser(app)
    for guess in range(5):
        assert "not the code" in thief.post(letters.link(), code=f"{guess:06d}x").text
    assert "no longer works" in thief.get(letters.link()).text
    assert thief.get("/me").request.path == "/sign-in"


def test_a_link_is_old_after_fifteen_minutes(
    browser: Browser, people: People, letters: Letters, clock: Clock
) -> None:
    browser.post("/sign-in", email=PAYING)
    clock.advance(minutes=15)
    assert "no longer works" in browser.get(letters.link()).text


def test_signing_in_leaves_nothing_of_the_session_from_before(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.get("/sign-in")
    before = browser.client.get_cookie("session")
    assert before
    browser.sign_in(letters, PAYING)
    after = browser.client.get_cookie("session")
    assert after
    assert after.value != before.value
    planted = Browser(app)
    planted.client.set_cookie("session", before.value)
    assert planted.get("/me").request.path == "/sign-in"


def test_a_session_cookie_kept_after_signing_out_opens_nothing(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    kept = browser.client.get_cookie("session")
    assert kept
    browser.post("/me/account", "/sign-out")
    thief = Browser(app)
    thief.client.set_cookie("session", kept.value)
    assert thief.get("/me").request.path == "/sign-in"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/sign-in/check",
        "/sign-out",
        "/me/feeds",
        "/me/feeds/1/name",
        "/me/feeds/1/reset",
        "/me/feeds/1/remove",
        "/me/feeds/1/mail",
        "/me/account",
        "/me/account/sessions",
        "/me/account/delete",
        "/me/mails",
    ],
)
def test_no_form_is_taken_without_its_token(
    browser: Browser, people: People, letters: Letters, path: str
) -> None:
    browser.sign_in(letters, PAYING)
    answer = browser.client.post(path, data={"email": "x@example.org", "sure": "y"})
    assert answer.status_code == 400
    assert "open too long" in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/word"),
        ("GET", "/reset"),
        ("GET", "/sharing"),
        ("POST", "/reset"),
        ("POST", "/remove"),
        ("POST", "/name"),
        ("POST", "/mail"),
    ],
)
def test_nobody_reaches_somebody_elses_feed(
    browser: Browser, people: People, letters: Letters, services: Services, method: str, path: str
) -> None:
    browser.sign_in(letters, LAPSED)
    address = f"/me/feeds/{people.paying.feed_id}{path}"
    answer = browser.get(address) if method == "GET" else browser.post("/me", address, name="mine")
    assert answer.status_code == 404
    assert people.paying.feed not in answer.text
    with reading(services.engine) as session:
        [feed] = feeds_of(session, people.paying.member_id)
        assert (feed.state, feed.name) == ("open", "phone")


def test_nobody_opens_a_feed_of_a_show_they_have_nothing_to_do_with(
    browser: Browser, people: People, letters: Letters, show: Show
) -> None:
    browser.sign_in(letters, PAYING)
    assert browser.post("/me", "/me/feeds", show_id="999", name="x").status_code == 404


@pytest.mark.parametrize("path", ["/me", "/me/feeds/1", "/me/account", "/me/account/my-data.json"])
def test_strangers_are_sent_to_sign_in_and_caches_keep_nothing(
    client: FlaskClient, people: People, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/me")


def test_no_cache_keeps_a_page_with_a_secret(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    for path in ("/me", f"/me/feeds/{people.paying.feed_id}", "/me/account", "/sign-in/check"):
        answer = browser.get(path)
        assert "no-store" in answer.headers["Cache-Control"]
        assert "Cookie" in answer.headers.get("Vary", "")


def test_a_public_page_is_the_same_for_members_and_strangers(
    browser: Browser, people: People, letters: Letters, show: Show, client: FlaskClient
) -> None:
    browser.sign_in(letters, PAYING)
    mine, theirs = browser.get(f"/shows/{show.slug}"), client.get(f"/shows/{show.slug}")
    assert mine.data == theirs.data
    assert "Set-Cookie" not in mine.headers


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_off_the_site(
    browser: Browser, people: People, letters: Letters, target: str
) -> None:
    browser.client.get("/sign-in", query_string={"next": target})
    page = browser.get("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    browser.client.post(
        "/sign-in",
        query_string={"next": target},
        data={"email": PAYING, "csrf_token": token[1]},
    )
    assert browser.post(letters.link()).request.path == "/me"


def test_pages_with_secrets_tell_other_sites_nothing_and_cannot_be_framed(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    for path in (letters.link(), f"{people.paying.media}/renew"):
        answer = browser.get(path)
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert 'content="noindex' in answer.text


def test_the_media_token_opens_no_account(app: Flask, people: People, letters: Letters) -> None:
    thief = Browser(app)
    page = thief.post(f"{people.paying.media}/renew")
    assert PAYING not in page.text
    assert PAYING not in str(thief.client.get_cookie("session"))
    assert thief.get("/me").request.path == "/sign-in"
    assert thief.get(people.paying.media.replace("pm", "pf", 1) + "/renew").status_code == 404


def test_names_with_markup_stay_words(browser: Browser, people: People, letters: Letters) -> None:
    browser.sign_in(letters, PAYING)
    nasty = '"><script>alert(1)</script>'
    browser.post("/me", f"/me/feeds/{people.paying.feed_id}/name", name=nasty)
    browser.post("/me/account", name=nasty, language="en")
    for path in ("/me", "/me/account", f"/me/feeds/{people.paying.feed_id}"):
        assert "<script>alert" not in browser.get(path).text


def test_a_forged_form_choice_is_refused(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    page = browser.post("/me/account", name="Ada", language="../../etc")
    assert "Saved." not in page.text
