"""A listener with a real browser: from the show's page to a feed that an app has fetched."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import fill_first, newest_mail, visiting
from tests.many_hosts.patience import refreshing
from tests.running import Installation, fetch

pytestmark = pytest.mark.slow
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


@contextmanager
def another_site(folder: Path) -> Iterator[str]:
    """Files of a folder served from another origin on this machine."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask_for_link(page: Page, site: Installation, email: str) -> None:
    page.goto(f"{site.url}/sign-in")
    fill_first(page.get_by_label("E-mail"), email)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/sign-in/check")


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize(("language", "works"), [("en", "It works."), ("fr", "Ça marche.")])
def test_by_mail_to_my_feed_and_it_turns_green_when_an_app_comes(
    site: Installation, browser: Browser, language: str, works: str
) -> None:
    with visiting(browser, phone=True, language=language) as page:
        ask_for_link(page, site, "ada@example.org")
        _link, code = newest_mail(site)
        page.locator("[name=code]").fill(code)
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/me")
        # Another feed, so that nobody has fetched it yet.
        another = page.locator("details", has=page.locator("[name=show_id]"))
        another.locator("summary").click()
        another.locator("[name=name]").fill(f"phone {language}")
        another.locator("button").click()
        page.wait_for_url("**/me/feeds/*")
        expect(page.get_by_text(works)).to_be_hidden()
        feed = page.locator("#feed-address").input_value()
        apple = page.get_by_role("link", name="Apple Podcasts").get_attribute("href")
        assert apple == feed.replace("http://", "podcast://")
        assert fetch(feed, User_Agent=OVERCAST).status == 200
        with refreshing(lambda: fetch(feed, User_Agent=OVERCAST)):
            expect(page.get_by_text(works)).to_be_visible(timeout=60_000)
        expect(page.locator(".word")).to_contain_text("Overcast")
        page.goto(f"{site.url}/me")
        line = page.locator(".feed-list > li", has_text=f"phone {language}")
        expect(line.locator(".doctor .good")).to_contain_text("Overcast")


@pytest.mark.also_on_many_hosts
def test_the_link_of_the_mail_works_on_another_device_with_the_code(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as laptop, visiting(browser, phone=True) as phone:
        ask_for_link(laptop, site, "ben@example.org")
        link, code = newest_mail(site)
        phone.goto(link)
        phone.get_by_label("Code from the mail").fill(code)
        phone.get_by_role("button", name="Sign in").click()
        phone.wait_for_url("**/me")
        expect(phone.locator("main")).to_contain_text("The same feed opens again")
        laptop.goto(link)
        expect(laptop.locator("main")).to_contain_text("no longer works")


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize(("language", "done"), [("fr", "Merci")])
def test_somebody_who_finds_a_feed_reports_it_and_its_member_is_told(
    site: Installation, browser: Browser, language: str, done: str
) -> None:
    name = f"lost {language}"
    site.run("feed", "add", "ben@example.org", "--show", "harbour", "--name", name)
    found = site.json("feed", "url", "ben@example.org", "--show", "harbour", "--name", name)["feed"]
    link = re.search(r'href="(http[^"]+/report/[^"]+)"', fetch(found).body.decode())
    assert link
    with visiting(browser, phone=True, language=language, scripts=False) as page:
        page.goto(link[1])
        page.locator("main button[type=submit]").click()
        expect(page.locator("h1")).to_have_text(done)
        assert b"was replaced" in fetch(found).body
        told, _code = newest_mail(site)
        assert "/me/feeds/" in told


@pytest.mark.also_on_many_hosts
def test_everything_to_read_and_to_fill_in_works_without_scripts(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser, scripts=False) as page:
        page.goto(site.url)
        page.get_by_role("link", name="Field Notes").first.click()
        page.wait_for_url("**/shows/harbour")
        assert page.locator("audio[controls]").count() >= 2
        page.locator(".episode-row h3 a").first.click()
        expect(page.locator("audio")).to_be_visible()
        ask_for_link(page, site, "ada@example.org")
        link, _code = newest_mail(site)
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Add to an app").first.click()
        assert "/f/pf" in page.locator("#feed-address").input_value()


def test_the_player_seeks_by_chapter_follows_the_transcript_and_remembers(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as page:
        page.goto(f"{site.url}/shows/harbour")
        page.locator(".episode-row:not(:has(.tag.members)) h3 a").last.click()
        page.wait_for_url("**/shows/harbour/*")
        audio = page.locator("#player audio")
        chapters = page.locator("[data-seek]")
        if chapters.count() > 1:
            wanted = float(chapters.nth(1).get_attribute("data-seek") or 0)
            chapters.nth(1).click()
            page.wait_for_function(
                "t => document.querySelector('#player audio').currentTime >= t", arg=wanted
            )
        page.get_by_label("Speed").select_option("1.5")
        assert audio.evaluate("a => a.playbackRate") == 1.5
        transcript = page.get_by_role("link", name="Read the transcript")
        if transcript.count():
            transcript.click()
            expect(page.locator(".transcript.following")).to_be_visible()
            page.locator("[data-at]").nth(1).click()
            page.wait_for_selector(".transcript .now")


def test_a_member_listens_in_the_browser_and_goes_on_on_another_device(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser, phone=True) as phone, visiting(browser) as laptop:
        for page in (phone, laptop):
            ask_for_link(page, site, "ada@example.org")
            link, _code = newest_mail(site)
            page.goto(link)
            page.locator("main button[type=submit]").click()
            page.wait_for_url("**/me")
        phone.get_by_role("link", name="Listen", exact=True).click()
        phone.locator(".episode-row h3 a").first.click()
        audio = phone.locator("#player audio")
        with phone.expect_response("**/position") as kept:
            audio.evaluate(
                "async a => { await a.play(); a.currentTime = 20; "
                "await new Promise(done => a.addEventListener('seeked', done, {once: true})); "
                "a.pause(); }"
            )
        assert kept.value.ok
        laptop.goto(phone.url)
        laptop.wait_for_function("document.querySelector('#player audio').currentTime >= 20")
        laptop.goto(f"{site.url}/me/listen")
        expect(laptop.locator("main")).to_contain_text("Go on listening")


@pytest.mark.parametrize("scripts", [True, False])
def test_prices_are_shown_by_the_month_or_by_the_year(
    site: Installation, browser: Browser, scripts: bool
) -> None:
    with visiting(browser, phone=True, scripts=scripts) as page:
        page.goto(f"{site.url}/shows/harbour")
        monthly, yearly = page.locator("[data-per=month]"), page.locator("[data-per=year]")
        expect(monthly).to_be_visible()
        expect(yearly).to_be_hidden()
        page.get_by_label("Yearly").check()
        expect(yearly).to_be_visible()
        expect(monthly).to_be_hidden()
        page.get_by_text("Do I need a password?").click()
        expect(page.get_by_text("a link or a code in a mail lets you in")).to_be_visible()


def test_an_address_with_a_time_starts_there(site: Installation, browser: Browser) -> None:
    with visiting(browser) as page:
        page.goto(f"{site.url}/shows/harbour")
        address = page.locator(".episode-row:not(:has(.tag.members)) h3 a").last.get_attribute(
            "href"
        )
        page.goto(f"{site.url}{address}?t=3")
        assert page.locator("#player audio").evaluate("a => a.currentTime") == 3


def test_the_player_fits_into_a_page_of_another_site(
    site: Installation, browser: Browser, tmp_path: Path
) -> None:
    with visiting(browser) as page:
        page.goto(f"{site.url}/shows/harbour")
        key = (page.locator(".episode-row h3 a").last.get_attribute("href") or "").rsplit("/", 1)[1]
        told = page.request.get(
            f"{site.url}/oembed?url={site.url}/shows/harbour/{key}&format=json"
        ).json()
        (tmp_path / "post.html").write_text(f"<!doctype html><title>A blog</title>{told['html']}")
        with another_site(tmp_path) as blog:
            page.goto(f"{blog}/post.html")
            expect(page.frame_locator("iframe").locator("audio")).to_be_visible()


def test_nothing_moves_while_a_page_loads(site: Installation, browser: Browser) -> None:
    """Cumulative layout shift (web.dev/cls) stays below a tenth of what counts as good."""
    with visiting(browser, phone=True) as page:
        page.add_init_script(
            "window.shift = 0; new PerformanceObserver(list => { for (const entry of"
            " list.getEntries()) window.shift += entry.value; })"
            ".observe({type: 'layout-shift', buffered: true});"
        )
        for path in ("/", "/shows/harbour"):
            page.goto(site.url + path, wait_until="networkidle")
            assert page.evaluate("window.shift") < 0.01, path
