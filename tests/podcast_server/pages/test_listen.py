"""Listening in the browser: everything I may hear and nothing else, from where I stopped."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from episodes.models import Episode, Show
from episodes.storage.base import Storage
from feeds.private_feeds import feeds_of, revoke_feed
from podcast_server.accounts.models import PlayPosition
from podcast_server.database import reading
from podcast_server.services import Services
from tests.builders import CAUSE, build_episode, build_member, give_membership
from tests.conftest import Clock, Get, People
from tests.podcast_server.conftest import Browser, Letters

PAYING, LAPSED, FREE = "paying@example.org", "lapsed@example.org", "free@example.org"


@pytest.fixture
def episodes(session: Session, storage: Storage, show: Show, clock: Clock) -> dict[str, Episode]:
    """A free and a members' episode, a minute each."""
    made = {
        name: build_episode(session, storage, show, clock.now, audience=name, title=f"For {name}")
        for name in ("free", "members")
    }
    session.commit()
    return made


def save(browser: Browser, key: str, seconds: str) -> TestResponse:
    """What the player sends."""
    page = browser.get(f"/me/listen/{key}")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token
    return browser.client.post(
        f"/me/listen/{key}/position",
        data={"seconds": seconds},
        headers={"X-CSRFToken": token[1]},
    )


def test_a_member_finds_and_plays_what_they_paid_for(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode], get: Get
) -> None:
    browser.sign_in(letters, PAYING)
    page = browser.get("/me/listen")
    assert "For free" in page.text
    assert "For members" in page.text
    player = browser.get(f"/me/listen/{episodes['members'].key}")
    source = re.search(r'<audio[^>]* src="([^"#]+)"', player.text)
    assert source
    assert source[1] == f"{people.paying.media}/{episodes['members'].key}.mp3"
    assert get(source[1]).status == 200


def test_the_page_never_holds_the_key_to_the_feed_and_is_kept_by_no_cache(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode]
) -> None:
    browser.sign_in(letters, PAYING)
    player = browser.get(f"/me/listen/{episodes['members'].key}")
    assert people.paying.feed[3:] not in player.text
    assert "no-store" in player.headers["Cache-Control"]
    assert player.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("email", [LAPSED, FREE])
def test_who_has_not_paid_hears_what_is_free(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode], email: str,
    show: Show,
) -> None:  # fmt: skip
    browser.sign_in(letters, email)
    page = browser.get("/me/listen")
    assert "For free" in page.text
    assert "For members" not in page.text
    elsewhere = browser.client.get(f"/me/listen/{episodes['members'].key}")
    assert elsewhere.headers["Location"] == f"/shows/{show.slug}/{episodes['members'].key}"
    assert browser.client.get(f"/me/listen/{episodes['members'].key}/transcript").status_code == 404


def test_strangers_are_asked_to_sign_in(app: Flask, episodes: dict[str, Episode]) -> None:
    for path in ("/me/listen", f"/me/listen/{episodes['free'].key}"):
        answer = app.test_client().get(path)
        assert answer.headers["Location"].startswith("/sign-in?next=/me/listen")


def test_the_place_is_kept_and_gone_on_from_on_any_device(
    app: Flask, browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode]
) -> None:
    browser.sign_in(letters, PAYING)
    key = episodes["members"].key
    assert save(browser, key, "31.7").json == {"seconds": 31, "finished": False}
    other = Browser(app)
    other.sign_in(letters, PAYING)
    assert 'data-start="31"' in other.get(f"/me/listen/{key}").text
    shelf = other.get("/me/listen").text
    assert "Go on listening" in shelf
    assert '<progress max="63" value="31"' in shelf


def test_the_end_is_heard_and_begins_anew(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode]
) -> None:
    browser.sign_in(letters, PAYING)
    key = episodes["members"].key
    assert save(browser, key, "50").json == {"seconds": 0, "finished": True}
    shelf = browser.get("/me/listen").text
    assert "Heard" in shelf
    assert "Go on listening" not in shelf
    assert 'data-start="0"' in browser.get(f"/me/listen/{key}").text


@pytest.mark.parametrize("seconds", ["", "x", "nan", "inf", "-inf"])
def test_nonsense_is_no_place(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode], seconds: str
) -> None:
    browser.sign_in(letters, PAYING)
    assert save(browser, episodes["free"].key, seconds).status_code == 400


@pytest.mark.parametrize(("seconds", "kept"), [("-5", 0), ("1e300", 0)])
def test_a_place_outside_of_the_episode_is_moved_into_it(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode],
    seconds: str, kept: int,
) -> None:  # fmt: skip
    browser.sign_in(letters, PAYING)
    answer = save(browser, episodes["free"].key, seconds)
    assert answer.json is not None
    assert answer.json["seconds"] == kept


def test_nobody_keeps_a_place_in_what_they_may_not_hear_or_from_another_site(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode],
    services: Services,
) -> None:  # fmt: skip
    browser.sign_in(letters, LAPSED)
    page = browser.get(f"/me/listen/{episodes['free'].key}")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token
    hidden = f"/me/listen/{episodes['members'].key}/position"
    with_token = {"X-CSRFToken": token[1]}
    answer = browser.client.post(hidden, data={"seconds": "9"}, headers=with_token)
    assert answer.status_code == 404
    open_path = f"/me/listen/{episodes['free'].key}/position"
    assert browser.client.post(open_path, data={"seconds": "9"}).status_code == 400
    with reading(services.engine) as session:
        assert session.query(PlayPosition).count() == 0


def test_who_removed_every_feed_can_still_listen_here(
    browser: Browser, letters: Letters, people: People, episodes: dict[str, Episode],
    services: Services, clock: Clock, get: Get,
) -> None:  # fmt: skip
    with services.sessions.begin() as session:
        for feed in feeds_of(session, people.paying.member_id):
            revoke_feed(session, feed, cause=CAUSE, now=clock.now)
    browser.sign_in(letters, PAYING)
    player = browser.get(f"/me/listen/{episodes['members'].key}")
    source = re.search(r'<audio[^>]* src="([^"#]+)"', player.text)
    assert source
    assert get(source[1]).status == 200


def test_a_long_archive_is_shown_in_part_and_whole_when_asked(
    browser: Browser, letters: Letters, session: Session, storage: Storage, show: Show,
    people: People, clock: Clock,
) -> None:  # fmt: skip
    for number in range(32):
        build_episode(session, storage, show, clock.now, title=f"Number {number:02}")
    session.commit()
    browser.sign_in(letters, PAYING)
    page = browser.get("/me/listen")
    assert page.text.count("Number ") == 30
    assert "All 32 episodes" in page.text
    assert browser.get(f"/me/listen?show={show.slug}").text.count("Number ") == 32


def test_two_members_places_are_their_own(
    app: Flask, letters: Letters, session: Session, show: Show, clock: Clock,
    episodes: dict[str, Episode], people: People,
) -> None:  # fmt: skip
    other = build_member(session, clock.now, "other@example.org")
    give_membership(session, other, show, clock.now)
    session.commit()
    one, two = Browser(app), Browser(app)
    one.sign_in(letters, PAYING)
    two.sign_in(letters, "other@example.org")
    save(one, episodes["members"].key, "30")
    assert 'data-start="0"' in two.get(f"/me/listen/{episodes['members'].key}").text
