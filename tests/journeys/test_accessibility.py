"""axe-core finds nothing wrong on any page, in both languages and both themes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from episodes.models import Episode, Show
from podcast_server.pages.public.embed.views import HEIGHT
from tests.browser import (
    Theme,
    axe_violations,
    fill_first,
    newest_mail,
    visiting,
)
from tests.running import Installation, fetch

pytestmark = pytest.mark.slow


def public_paths(page: Page, site: Installation) -> list[str]:
    page.goto(f"{site.url}/shows/harbour")
    episodes = [
        link.get_attribute("href") or "" for link in page.locator(".episode-row h3 a").all()
    ]
    with_words = [path for path in episodes if page.request.get(f"{site.url}{path}/transcript").ok]
    more = [f"{path}/transcript" for path in with_words[:1]]
    embed = f"/embed/{episodes[-1].rsplit('/', 1)[1]}"
    page.goto(f"{site.url}/shows/harbour")
    join = page.locator("a[href^='/join/']").first.get_attribute("href") or ""
    key = join.rsplit("/", 1)[1]
    feed = site.json("feed", "url", "ada@example.org", "--show", "harbour")["feed"]
    report = re.search(r'href="[^"]+(/report/[^"]+)"', fetch(feed).body.decode())
    assert report
    more.append(report[1])
    money = [join, f"/give/{key}", f"/group/{key}", "/gift", "/shows/harbour/donate"]
    return ["/", "/shows/harbour", *episodes, *more, embed, "/nowhere", "/sign-in", *money]


def member_paths(page: Page, site: Installation, email: str) -> list[str]:
    page.goto(f"{site.url}/sign-in")
    fill_first(page.locator("[name=email]"), email)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/sign-in/check")
    page.locator("[name=code]").fill("nonsense")
    page.locator("main button[type=submit]").click()
    assert axe_violations(page) == []
    link, _code = newest_mail(site)
    page.goto(link)
    assert axe_violations(page) == []
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/me")
    feed = page.locator("a[href^='/me/feeds/']").first.get_attribute("href")
    page.goto(f"{site.url}/me/listen")
    track = page.locator(".episode-row h3 a").first.get_attribute("href") or ""
    devices = [
        "/me/listen",
        track,
        *(f"{feed}?device={name}" for name in ("ios", "android", "mac", "desktop")),
    ]
    return [
        "/me",
        f"{feed}/reset",
        f"{feed}/sharing",
        *devices,
        "/me/account",
        "/me/account/delete",
        "/me/billing",
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_shuts_anybody_out(
    site: Installation, browser: Browser, theme: Theme, language: str
) -> None:
    # Each theme and each language on a phone once, and on a desk once.
    phone = (theme == "dark") == (language == "en")
    with visiting(browser, phone=phone, theme=theme, language=language) as page:
        found = []
        paths = public_paths(page, site)
        # Links are asked for only so often by one person.
        email = "ada@example.org" if theme == "light" else "ben@example.org"
        paths += member_paths(page, site, email)
        for path in paths:
            page.goto(site.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found += axe_violations(page)
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} is wider than the screen"
        assert found == []


def test_a_title_of_endless_words_fits_a_phone(site: Installation, browser: Browser) -> None:
    endless = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    with site.services() as services, services.sessions.begin() as session:
        show = session.scalars(select(Show)).one()
        episode = session.scalars(select(Episode).where(Episode.guid == "harbour-sample-4")).one()
        titles, key = (show.title, episode.title), episode.key
        show.title = episode.title = endless
    with visiting(browser, phone=True) as page:
        for path in ("/", "/shows/harbour", f"/shows/harbour/{key}", f"/embed/{key}"):
            page.goto(site.url + path)
            assert endless in page.content()
            assert page.evaluate("document.documentElement.scrollWidth") == 390, path
        card = page.locator(".embed-card").bounding_box()
        assert card
        assert card["height"] <= HEIGHT  # what oEmbed promises
    with site.services() as services, services.sessions.begin() as session:
        session.get_one(Show, show.id).title = titles[0]
        session.get_one(Episode, episode.id).title = titles[1]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as page:
        page.goto(f"{site.url}/shows/harbour")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        wanted = page.locator("main a:visible, main button:visible").count()
        seen = set()
        for _ in range(wanted * 2):
            page.keyboard.press("Tab")
            inside, outlined, text = page.evaluate(
                "(e => [document.getElementById('main').contains(e),"
                " getComputedStyle(e).outlineStyle !== 'none', e.outerHTML])(document.activeElement)"
            )
            if not inside:
                break
            assert outlined, text
            seen.add(text)
        assert len(seen) >= wanted
