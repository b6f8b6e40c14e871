"""Chapters are set by ear and eye: marks on a picture of the sound, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from episodes.models import Episode
from tests.browser import axe_violations, enter_studio, visiting
from tests.running import Installation

pytestmark = pytest.mark.slow
TITLE = "First light on the quay"


def open_editor(page: Page, site: Installation) -> None:
    enter_studio(page, site)
    page.goto(f"{site.url}/studio/shows/harbour")
    page.get_by_role("link", name=TITLE).click()
    page.locator("details.chapters").evaluate("each => { each.open = true; }")


def stored(site: Installation) -> list[dict[str, Any]]:
    with site.services() as services, services.sessions() as session:
        query = select(Episode.chapters).where(Episode.title == TITLE)
        return list(session.scalars(query).one())


def drawn(page: Page) -> bool:
    """Whether anything is on the canvas."""
    return bool(
        page.locator(".wave canvas").evaluate(
            """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
                 .data.some(byte => byte)"""
        )
    )


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize(("phone", "at"), [(False, 12), (True, 38)])
def test_a_chapter_is_added_at_the_play_head_moved_by_key_and_saved(
    site: Installation, browser: Browser, phone: bool, at: int
) -> None:
    before = stored(site)
    with visiting(browser, phone=phone) as page:
        open_editor(page, site)
        expect(page.locator(".wave[data-drawn]")).to_be_visible(timeout=60_000)
        assert drawn(page)
        page.get_by_label("Place in the audio").fill(str(at))
        page.get_by_role("button", name="A chapter begins here").click()
        title = f"Seals on the {'phone' if phone else 'desktop'}"
        page.keyboard.type(title)
        page.keyboard.press("Tab")
        marks = page.locator(".wave [role=slider]")
        expect(marks).to_have_count(len(before) + 1)
        mine = page.locator(f".wave [role=slider][aria-valuetext*='{title}']")
        assert axe_violations(page) == []
        mine.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messages .success")).to_be_visible()
    [added] = [row for row in stored(site) if row["title"] == title]
    assert added == {"startTime": at + 3.0, "title": title}
    assert [row for row in stored(site) if row != added] == before


@pytest.mark.also_on_many_hosts
def test_what_was_removed_comes_back_and_a_mark_is_dragged(
    site: Installation, browser: Browser
) -> None:
    before = stored(site)
    with visiting(browser) as page:
        open_editor(page, site)
        page.locator(".chapter-list li").last.get_by_role("button", name="Remove").click()
        expect(page.locator(".chapter-list li")).to_have_count(len(before) - 1)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".chapter-list li")).to_have_count(len(before))
        expect(page.locator(".wave[data-drawn]")).to_be_visible(timeout=60_000)
        mark = page.locator(".wave [role=slider]").last
        was = mark.get_attribute("aria-valuenow")
        assert was is not None
        mark.hover()  # waits until it stands still: the page may be scrolling to it
        page.mouse.down()
        wave = page.locator(".wave").bounding_box()
        assert wave is not None
        page.mouse.move(wave["x"] + wave["width"] * 0.95, wave["y"] + 20, steps=4)
        page.mouse.up()
        expect(mark).not_to_have_attribute("aria-valuenow", was)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messages .success")).to_be_visible()
    after = stored(site)
    assert after[:-1] == before[:-1]
    assert after[-1]["startTime"] > before[-1]["startTime"]
    assert after[-1]["title"] == before[-1]["title"]
