"""A podcaster's week in a real browser: over the change of clocks, in bulk, and each to their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from episodes.models import Episode, Show
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import give_role
from podcast_server.services import now_utc
from tests.browser import enter_studio, visiting
from tests.builders import build_episode, build_show
from tests.running import Installation, fetch

pytestmark = pytest.mark.slow


def episode_of(site: Installation, title: str) -> Episode:
    with site.services() as services, services.sessions() as session:
        return session.scalars(select(Episode).where(Episode.title == title)).one()


@pytest.mark.also_on_many_hosts
def test_what_is_scheduled_over_the_change_of_clocks_keeps_the_clock_on_the_wall(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}/studio/shows/harbour/settings")
        page.get_by_label("Time zone").select_option("Europe/Berlin")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messages .success")).to_be_visible()
        page.goto(f"{site.url}/studio/shows/harbour")
        page.get_by_role("link", name="Winter berths").first.click()
        for typed, moment, shown in (
            # Sunday, 28 March 2027: the hour from two to three does not exist in Berlin.
            ("2027-03-27T09:00", datetime(2027, 3, 27, 8, tzinfo=UTC), "9:00"),
            ("2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "3:30"),
            ("2027-03-29T09:00", datetime(2027, 3, 29, 7, tzinfo=UTC), "9:00"),
        ):
            page.get_by_label("Comes out").fill(typed)
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.locator(".messages .success")).to_be_visible()
            assert episode_of(site, "Winter berths").publish_at == moment
            expect(page.locator(".kicker")).to_contain_text(shown)


@pytest.mark.also_on_many_hosts
def test_many_episodes_are_withdrawn_and_brought_out_again_at_once(
    site: Installation, browser: Browser
) -> None:
    title = "First light on the quay"
    public = f"{site.url}/shows/harbour/feed.xml"
    assert title in fetch(public).body.decode()
    with visiting(browser) as page:
        enter_studio(page, site)
        for act in ("Withdraw", "Publish now"):
            page.goto(f"{site.url}/studio/shows/harbour")
            page.get_by_label(f"Choose {title}").check()
            page.get_by_label("Choose A short history of fog signals").check()
            page.get_by_label("With the chosen ones").select_option(act)
            page.get_by_role("button", name="Do it").click()
            expect(page.locator(".messages .success")).to_contain_text("2 episodes changed.")
            assert (title in fetch(public).body.decode()) is (act == "Publish now")


def addresses_below(page: Page, url: str, start: str) -> set[str]:
    """What the owner's pages of a show lead to, load, or send forms to."""
    seen, waiting = set[str](), [start]
    while waiting and len(seen) < 150:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = page.request.get(url + path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            found = re.findall(r'(?:href|action|src|data-[a-z]+)="([^"#?]+)', answer.text())
            waiting += [each for each in found if each.startswith(start)]
    return seen


def test_an_editor_of_one_show_finds_every_address_of_another_closed(
    site: Installation, browser: Browser
) -> None:
    with site.services() as services, services.sessions.begin() as session:
        now = now_utc()
        other = build_show(session, now, slug="other", title="Another show")
        build_episode(session, services.storage, other, now, title="Secret plans")
        harbour = session.scalars(select(Show).where(Show.slug == "harbour")).one()
        editor = ensure_staff(session, "editor@example.org", now=now)
        give_role(session, editor.id, harbour.id, "editor")
    with visiting(browser) as page:
        enter_studio(page, site)
        addresses = addresses_below(page, site.url, "/studio/shows/other")
    assert len(addresses) > 15
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        enter_studio(page, site, "editor@example.org")
        assert page.goto(f"{site.url}/studio/shows/harbour").status == 200  # type: ignore[union-attr]
        token = page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
        for path in sorted(addresses):
            answers = (
                page.request.get(site.url + path),
                page.request.post(site.url + path, form={"csrf_token": token}),
            )
            for answer in answers:
                assert answer.status in {403, 404, 405}, f"{answer.status} {path}"
                assert "Secret plans" not in answer.text()


@pytest.mark.also_on_many_hosts
def test_without_scripts_an_episode_is_written_published_and_a_member_looked_after(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser, phone=True, scripts=False) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}/studio/shows/harbour")
        page.get_by_role("link", name="Winter berths").first.click()
        page.get_by_label("Show notes").fill("Who lies where when it **freezes**.")
        page.locator("[name=chapters]").fill("0:00 The list\n0:20 The ice")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messages .success")).to_be_visible()
        page.get_by_role("button", name="Publish now").click()
        expect(page.locator(".messages")).to_contain_text("It is out.")
        page.goto(f"{site.url}/studio/shows/harbour/members")
        page.get_by_label("E-mail address").fill("tam@example.org")
        page.get_by_label("Reason").fill("a present")
        page.get_by_role("button", name="Add them").click()
        expect(page.locator(".messages")).to_contain_text("They are a member now.")
        page.goto(f"{site.url}/studio/shows/harbour/numbers")
        expect(page.locator("details.figures table").first).to_be_attached()
    episode = episode_of(site, "Winter berths")
    assert [row["title"] for row in episode.chapters] == ["The list", "The ice"]
    assert episode.publish_at is not None
    assert episode.publish_at <= now_utc()
