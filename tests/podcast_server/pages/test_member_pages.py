"""The listener's side without money: in by mail, feeds into apps, account, out."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import get_args

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.access import NOBODY, entitlement_at, parse_windows
from feeds.doctor import Code, Finding
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import feeds_of
from feeds.sharing.models import FeedDay
from podcast_server.accounts.hand_over import make_hand_over, read_hand_over
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.pages.feed_words import in_words
from podcast_server.pages.public.offers import Offer, Price
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import Clock, People
from tests.podcast_server.conftest import Browser, Letters, StillPostman

PAYING = "paying@example.org"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1"


def test_the_link_of_the_mail_signs_in_the_browser_that_asked(
    browser: Browser, people: People, letters: Letters, app: Flask
) -> None:
    page = browser.post("/sign-in?next=/me/account", email=PAYING)
    assert "Look at your mail" in page.text
    assert letters.newest().recipient == PAYING
    assert "Welcome back" in browser.get(letters.link()).text
    page = browser.post(letters.link())
    assert page.request.path == "/me/account"
    assert PAYING in page.text
    postman: StillPostman = app.config["POSTMAN"]
    assert postman.nudges == 1


def test_the_code_of_the_mail_signs_in_where_it_was_asked_for(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    assert "not the code" in browser.post("/sign-in/check", code="no").text
    page = browser.post("/sign-in/check", code=letters.code())
    assert page.request.path == "/me"


def test_on_another_device_the_link_wants_the_code_as_well(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.post("/sign-in", email=PAYING)
    phone = Browser(app, HTTP_USER_AGENT=IPHONE)
    assert "in another browser" in phone.get(letters.link()).text
    assert phone.post(letters.link()).request.path == letters.link()
    assert phone.post(letters.link(), code=letters.code()).request.path == "/me"
    assert "Safari, iPhone" in phone.get("/me/account").text


def test_my_podcasts_say_how_i_stand(
    browser: Browser, people: People, letters: Letters, show: Show
) -> None:
    for email, word in (
        (PAYING, "Member"),
        ("lapsed@example.org", "Ended on May 31, 2026."),
        ("free@example.org", "Free feed"),
    ):
        page = browser.sign_in(letters, email)
        assert show.title in page.text
        assert word in page.text
        browser.post("/me/account", "/sign-out")


def test_the_right_apps_come_first(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    phone = Browser(app, HTTP_USER_AGENT=IPHONE)
    phone.sign_in(letters, PAYING)
    page = phone.get(f"/me/feeds/{people.paying.feed_id}").text
    feed = f"podcast.test{people.paying.feed}"
    assert f'href="podcast://{feed}"' in page
    assert f'value="http://{feed}"' in page
    assert "AntennaPod" not in page.split("step-list")[0]
    page = phone.get(f"/me/feeds/{people.paying.feed_id}?device=android").text
    assert "intent://antennapod.org/" in page


def test_every_step_is_told_in_words_and_shown_in_a_picture(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    for device in ("ios", "android", "mac", "desktop"):
        page = browser.get(f"/me/feeds/{people.paying.feed_id}?device={device}").text
        steps = page.split('class="step-list"')[1].split("</section>")[0]
        assert steps.count("<svg") == steps.count("<li>") >= 4
        assert steps.count('aria-hidden="true"') == steps.count("<svg")
        assert " style=" not in steps  # the policy for styles would not let it through
        assert len(page) < 30_000


def test_the_steps_are_in_each_reader_s_language(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    address = f"/me/feeds/{people.paying.feed_id}?device=ios"
    assert "Open Overcast and tap the plus sign." in browser.get(address).text
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    assert "Ouvrez Overcast et touchez le signe plus." in browser.get(address).text


@pytest.mark.parametrize("title", ['A "quoted" & <b>bold</b> show', "x' onclick='y", "%2e%2e/☃"])
def test_a_hostile_name_changes_no_link(
    browser: Browser,
    people: People,
    letters: Letters,
    session: Session,
    show: Show,
    title: str,
) -> None:
    browser.sign_in(letters, PAYING)
    address = f"/me/feeds/{people.paying.feed_id}?device=ios"

    def links() -> list[str]:
        return re.findall(r'class="app" href="([^"]*)"', browser.get(address).text)

    before = links()
    assert len(before) == 8
    show.title = title
    session.merge(show)
    session.commit()
    assert links() == before


def test_it_works_turns_green_when_the_app_has_come(
    browser: Browser, people: People, letters: Letters, session: Session, clock: Clock
) -> None:
    browser.sign_in(letters, PAYING)
    address = f"/me/feeds/{people.paying.feed_id}"
    assert browser.get(f"{address}/word").json == {
        "works": False,
        "text": "Waiting for your app to come for the first time.",
    }
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    feed.last_fetched_at, feed.last_app = clock.now - timedelta(minutes=2), "Overcast"
    session.commit()
    assert browser.get(f"{address}/word").json == {
        "works": True,
        "text": "Overcast came for it 2 minutes ago.",
    }
    assert 'class="word works"' in browser.get(address).text


def test_the_code_for_the_phone_opens_the_buttons_for_fifteen_minutes_without_the_secret(
    app: Flask, browser: Browser, people: People, letters: Letters, clock: Clock
) -> None:
    browser.sign_in(letters, PAYING)
    assert "QR code" in browser.get(f"/me/feeds/{people.paying.feed_id}").text
    browser.post(f"/me/feeds/{people.paying.feed_id}", f"/me/feeds/{people.paying.feed_id}/mail")
    assert people.paying.feed not in letters.newest().text
    phone = Browser(app, HTTP_USER_AGENT=IPHONE)
    page = phone.get(letters.link())
    assert f"podcast://podcast.test{people.paying.feed}" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    clock.advance(days=1)
    assert phone.get(letters.link()).status_code == 404


def test_a_second_feed_has_its_own_name_and_address(
    browser: Browser, people: People, letters: Letters, show: Show
) -> None:
    browser.sign_in(letters, PAYING)
    page = browser.post("/me", "/me/feeds", show_id=str(show.id), name="Kitchen")
    assert "Kitchen" in page.text
    assert people.paying.feed not in page.text


def test_there_is_an_end_to_the_number_of_feeds(
    browser: Browser, people: People, letters: Letters, show: Show, services: Services
) -> None:
    browser.sign_in(letters, PAYING)
    for number in range(9):
        browser.post("/me", "/me/feeds", show_id=str(show.id), name=f"Feed {number}")
    with reading(services.engine) as session:
        assert len(feeds_of(session, people.paying.member_id)) == 8


def test_resetting_explains_and_then_gives_a_new_address_and_word_by_mail(
    browser: Browser, people: People, letters: Letters, services: Services
) -> None:
    browser.sign_in(letters, PAYING)
    address = f"/me/feeds/{people.paying.feed_id}/reset"
    assert "For 30 days it says in the app" in browser.get(address).text
    page = browser.post(address)
    assert "/f/pf" in page.text
    assert people.paying.feed not in page.text
    assert letters.newest().kind == "feed_reset"
    with reading(services.engine) as session:
        states = [feed.state for feed in feeds_of(session, people.paying.member_id)]
    assert states == ["replaced", "open"]


def test_a_feed_is_renamed_and_removed(
    browser: Browser, people: People, letters: Letters, show: Show
) -> None:
    browser.sign_in(letters, PAYING)
    page = browser.post("/me", f"/me/feeds/{people.paying.feed_id}/name", name="Car")
    assert "Car" in page.text
    browser.post("/me", "/me/feeds", show_id=str(show.id), name="Phone")
    page = browser.post("/me", f"/me/feeds/{people.paying.feed_id}/remove")
    assert "Car" not in page.text


def test_the_language_is_kept_for_pages_and_mails(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    browser.post("/me/account", name="Ada", language="fr")
    assert "Mes podcasts" in browser.get("/me").text
    browser.post(f"/me/feeds/{people.paying.feed_id}", f"/me/feeds/{people.paying.feed_id}/mail")
    assert "dans votre application" in letters.newest().subject


def test_other_sessions_can_be_ended(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    other = Browser(app)
    other.sign_in(letters, PAYING)
    other.post("/me/account", "/me/account/sessions")
    assert browser.get("/me").request.path == "/sign-in"
    assert other.get("/me").request.path == "/me"


def test_my_data_is_one_file_without_any_key_in_it(
    browser: Browser, people: People, letters: Letters
) -> None:
    browser.sign_in(letters, PAYING)
    answer = browser.get("/me/account/my-data.json")
    told = json.loads(answer.data)
    assert told["member"]["email"] == PAYING
    assert told["rights"][0]["scope"] == "show"
    assert told["feeds"][0]["name"] == "phone"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert people.paying.feed.removeprefix("/f/") not in answer.text


def test_leaving_closes_everything_and_forgets_the_person(
    browser: Browser, people: People, letters: Letters, services: Services
) -> None:
    browser.sign_in(letters, PAYING)
    assert "Tick the box" in browser.post("/me/account/delete").text
    page = browser.post("/me/account/delete", sure="y")
    assert "Farewell" in page.text
    assert browser.get("/me").request.path == "/sign-in"
    with reading(services.engine) as session:
        member = session.get_one(Member, people.paying.member_id)
        assert "paying" not in member.email
        assert [feed.state for feed in feeds_of(session, member.id)] == ["revoked"]
        access = session.get_one(Access, (member.id, people.show_id))
        windows = parse_windows(access.windows)
    assert entitlement_at(windows, 2e9).scopes == NOBODY.scopes
    assert letters.all() == []
    assert browser.client.get(people.paying.feed).status_code == 410


def test_a_running_subscription_can_hold_the_deletion_back(
    app: Flask, browser: Browser, people: People, letters: Letters
) -> None:
    from podcast_server.accounts.members import AccountError

    def refuse(_session: object, _member_id: int, _now: object) -> None:
        raise AccountError("Cancel your subscription first.")

    app.config["BEFORE_ERASE"] = refuse
    browser.sign_in(letters, PAYING)
    assert "Cancel your subscription first." in browser.post("/me/account/delete", sure="y").text
    assert browser.get("/me").request.path == "/me"


def test_joining_for_free_is_confirmed_by_mail_and_ends_with_a_feed(
    app: Flask, browser: Browser, show: Show, letters: Letters, services: Services
) -> None:
    taken: list[tuple[int, str]] = []
    free = Offer("free", "Friend", "", [], f"/shows/{show.slug}/join")
    app.config["OFFERS"] = lambda _session, _show, _now: [free]
    app.config["ACCEPT_OFFER"] = lambda _s, _member, show_id, offer, _now: taken.append(
        (show_id, offer)
    )
    page = browser.post(f"/shows/{show.slug}/join", email="new@example.org")
    assert "Look at your mail" in page.text
    with reading(services.engine) as session:
        assert session.query(Member).count() == 0
    page = browser.post(letters.link())
    assert "Your own feed is ready" in page.text
    assert "/f/pf" in page.text
    assert taken == [(show.id, "free")]


def test_where_nothing_is_free_nobody_joins_for_free(
    app: Flask, browser: Browser, show: Show
) -> None:
    assert browser.get(f"/shows/{show.slug}/join").status_code == 404
    paid = Offer("p", "Pilot", "", [Price("p1", 500, "eur", "month")], "/join/p")
    app.config["OFFERS"] = lambda _session, _show, _now: [paid]
    assert browser.get(f"/shows/{show.slug}/join").status_code == 404
    assert browser.get(f"/shows/{show.slug}/join?plan=p").status_code == 404


def test_the_notice_in_a_lapsed_feed_leads_back_in(
    browser: Browser, people: People, letters: Letters, show: Show
) -> None:
    address = f"{people.lapsed.media}/renew"
    page = browser.get(address)
    assert "Your membership has ended" in page.text
    assert show.title in page.text
    page = browser.post(address)
    assert letters.newest().recipient == "lapsed@example.org"
    assert "lapsed@example.org" not in page.text
    browser.post(letters.link())
    assert browser.get(address).request.path == "/me"


def test_who_has_left_sees_what_waits_for_them(
    browser: Browser,
    people: People,
    letters: Letters,
    session: Session,
    storage: Storage,
    show: Show,
    clock: Clock,
) -> None:
    for number, audience in enumerate(("members", "members", "free", "sale")):
        build_episode(session, storage, show, clock.now, audience=audience, title=f"Tide {number}")
    session.commit()
    renewal = browser.get(f"{people.lapsed.media}/renew").text
    assert "2 members’ episodes wait for you." in renewal
    assert "“Tide 1”" in renewal
    french = browser.get(f"{people.lapsed.media}/renew?lang=fr").text
    assert "«\N{NO-BREAK SPACE}Tide 1\N{NO-BREAK SPACE}»" in french
    browser.get("/?lang=en")
    browser.sign_in(letters, "lapsed@example.org")
    mine = browser.get("/me").text
    assert "2 members’ episodes wait for you." in mine
    assert "Tide 2" not in mine  # it is free and still in the feed


def test_the_link_in_a_feed_tells_no_title_that_the_public_does_not_know(
    browser: Browser, people: People, session: Session, storage: Storage, show: Show, clock: Clock
) -> None:
    session.get_one(Show, show.id).public_feed = "hidden"
    build_episode(session, storage, show, clock.now, title="Secret tide")
    session.commit()
    renewal = browser.get(f"{people.lapsed.media}/renew").text
    assert "1 members’ episode waits for you." in renewal
    assert "Secret tide" not in renewal


def test_the_notice_of_a_replaced_feed_says_so(
    browser: Browser, people: People, session: Session
) -> None:
    session.get_one(PrivateFeed, people.paying.feed_id).state = "replaced"
    session.commit()
    assert "has a new address" in browser.get(f"{people.paying.media}/renew").text


def test_a_hand_over_address_is_read_until_it_ends_and_not_when_changed(clock: Clock) -> None:
    token = make_hand_over(b"secret", 7, clock.now + timedelta(minutes=15))
    assert read_hand_over(b"secret", token, clock.now) == 7
    assert read_hand_over(b"secret", token, clock.now + timedelta(minutes=15)) is None
    assert read_hand_over(b"other", token, clock.now) is None
    for broken in ("", "x", token[:-1], "b" + token[1:], "é" * 20, token + "a"):
        assert read_hand_over(b"secret", broken, clock.now) is None


def test_somebody_without_any_podcast_is_shown_the_way(
    browser: Browser, session: Session, letters: Letters, clock: Clock
) -> None:
    ensure_member(session, "lonely@example.org", now=clock.now)
    session.commit()
    assert "No podcasts yet" in browser.sign_in(letters, "lonely@example.org").text


def test_my_podcasts_say_how_each_feed_is_doing_and_what_to_do(
    browser: Browser, session: Session, people: People, letters: Letters, clock: Clock
) -> None:
    page = browser.sign_in(letters, PAYING)
    assert "Waiting for the app" in page.text
    clock.advance(days=1)
    page = browser.get("/me")
    assert "No app has ever come for this feed." in page.text
    assert "Open “Add to an app” again" in page.text
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    feed.last_fetched_at, feed.last_app = clock.now - timedelta(minutes=3), "Pocket Casts"
    session.commit()
    assert "Pocket Casts came 3 minutes ago and has everything." in browser.get("/me").text


def test_the_doctor_does_not_repeat_what_the_page_says_of_the_membership(
    browser: Browser, people: People, letters: Letters
) -> None:
    page = browser.sign_in(letters, "lapsed@example.org")
    assert "The same feed opens again" in page.text
    assert "The membership has ended:" not in page.text


def test_every_finding_of_the_doctor_has_words(app: Flask, clock: Clock) -> None:
    with app.test_request_context():
        for code in get_args(Code):
            (said,) = in_words([Finding(code, "info", "Overcast", clock.now)], clock.now)
            assert said.text


def test_a_member_sees_what_is_counted_of_their_feed_and_the_rule(
    browser: Browser, session: Session, people: People, letters: Letters, clock: Clock
) -> None:
    browser.sign_in(letters, PAYING)
    path = f"/me/feeds/{people.paying.feed_id}/sharing"
    assert "Nothing was fetched" in browser.get(path).text
    for days in (1, 2, 3):
        day = (clock.now - timedelta(days=days)).date()
        session.add(FeedDay(day=day, feed_id=people.paying.feed_id, apps=2, networks=9, copies=11))
    session.commit()
    page = browser.get(path)
    assert "More than one person seems to listen" in page.text
    assert "31 May 2026" in page.text or "May 31, 2026" in page.text
    assert "Up to 6 copies" in page.text
    assert "You are never locked out" in page.text
    assert f"/me/feeds/{people.paying.feed_id}/reset" in page.text
