"""Into a show for nothing, a feed reset, and back after a lapse: with a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe_violations, fill_first, newest_mail, visiting
from tests.many_hosts.patience import refreshing
from tests.running import Installation, fetch

pytestmark = pytest.mark.slow

ANTENNAPOD = "AntennaPod/3.7.0"
LANGUAGES = pytest.mark.parametrize("language", ["en", "fr"])


@pytest.fixture(scope="module")
def site(demo: Installation) -> Iterator[Installation]:
    demo.run("payments", "plans", "create", "Friend", "--opens", "harbour:friends", "--free")
    with demo.serving():
        yield demo


def feed_of(site: Installation, email: str, name: str) -> str:
    """The address of one more feed of somebody."""
    words = (email, "--show", "harbour", "--name", name)
    site.run("feed", "add", *words)
    return str(site.json("feed", "url", *words)["feed"])


def enter_by_mail(page: Page, site: Installation) -> None:
    """With the code of the newest mail, where it was asked for."""
    page.wait_for_url("**/sign-in/check")
    page.locator("[name=code]").fill(newest_mail(site)[1])
    page.locator("main button[type=submit]").click()


@LANGUAGES
def test_from_the_show_to_a_free_feed_that_an_app_has_fetched(
    site: Installation, browser: Browser, language: str
) -> None:
    with visiting(browser, phone=True, language=language) as page:
        page.goto(f"{site.url}/shows/harbour")
        page.locator(".offer", has_text="Friend").get_by_role("link").click()
        page.wait_for_url("**/shows/harbour/join**")
        assert axe_violations(page) == []
        fill_first(page.locator("[name=email]"), f"friend-{language}@example.org")
        page.locator("main button[type=submit]").click()
        enter_by_mail(page, site)
        page.wait_for_url("**/me/feeds/*")
        assert axe_violations(page) == []
        green = page.locator(".word.works")
        expect(green).to_have_count(0)
        address = page.locator("#feed-address").input_value()
        assert fetch(address, User_Agent=ANTENNAPOD).status == 200
        with refreshing(lambda: fetch(address, User_Agent=ANTENNAPOD)):
            expect(green).to_contain_text("AntennaPod", timeout=60_000)


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize("language", ["fr"])
def test_joining_for_nothing_needs_no_scripts(
    site: Installation, browser: Browser, language: str
) -> None:
    with visiting(browser, phone=True, language=language, scripts=False) as page:
        page.goto(f"{site.url}/shows/harbour")
        page.locator(".offer", has_text="Friend").get_by_role("link").click()
        page.wait_for_url("**/shows/harbour/join**")
        fill_first(page.locator("[name=email]"), f"plain-{language}@example.org")
        page.locator("main button[type=submit]").click()
        enter_by_mail(page, site)
        page.wait_for_url("**/me/feeds/*")
        assert "/f/pf" in page.locator("#feed-address").input_value()


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize("language", ["en"])
def test_a_reset_explains_closes_the_old_address_and_shows_the_new(
    site: Installation, browser: Browser, language: str
) -> None:
    name = f"lent {language}"
    old = feed_of(site, "ada@example.org", name)
    with visiting(browser, phone=True, language=language) as page:
        page.goto(f"{site.url}/sign-in")
        fill_first(page.locator("[name=email]"), "ada@example.org")
        page.locator("main button[type=submit]").click()
        enter_by_mail(page, site)
        page.wait_for_url("**/me")
        line = page.locator(".feed-list > li", has_text=name)
        line.locator("summary").click()
        line.locator("a[href$='/reset']").click()
        assert axe_violations(page) == []
        assert page.locator("main li").count() == 3  # what must be done again afterwards
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/me/feeds/*")
        new = page.locator("#feed-address").input_value()
        assert new != old
        assert b"was replaced" in fetch(old).body
        assert b"was replaced" not in fetch(new).body


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize("language", ["fr"])
def test_the_notice_in_a_lapsed_feed_leads_back_in_one_tap(
    site: Installation, browser: Browser, language: str
) -> None:
    feed = fetch(feed_of(site, "ben@example.org", f"old {language}")).body.decode()
    notice = re.search(r'href="(http[^"]+/m/[^"]+/renew)"', feed)
    assert notice
    with visiting(browser, phone=True, language=language) as page:
        page.goto(notice[1])
        assert axe_violations(page) == []
        assert "@example.org" not in page.content()
        page.locator("main button[type=submit]").click()
        enter_by_mail(page, site)
        page.wait_for_url("**/me")
        page.locator("a[href='/shows/harbour#join']").first.click()
        expect(page.locator("#join")).to_be_visible()
        # Signed in now, the same notice is one tap away from the member's own page.
        page.goto(notice[1])
        assert page.url == f"{site.url}/me"
