"""The episode's page and the studio's menus, as they lie on a desk and on a phone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from episodes.models import Episode, Show
from tests.browser import axe_violations, enter_studio, visiting
from tests.running import Installation

pytestmark = pytest.mark.slow
SHOW = "/studio/shows/harbour"
TIDE = f"{SHOW}/episodes/harbourc22"


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    path = tmp_path / "slide.png"
    Image.new("RGB", (640, 360), "teal").save(path)
    return path


HIDDEN = """() => {
  const bar = document.querySelector(".publish-bar").getBoundingClientRect();
  const here = document.activeElement.getBoundingClientRect();
  const inBar = document.querySelector(".publish-bar").contains(document.activeElement);
  return !inBar && here.top >= bar.top - 1 && here.bottom <= bar.bottom + 1;
}"""


def stays_hidden(page: Page) -> bool:
    """Whether the bar hides what is focused once the page stands still: it scrolls smoothly."""
    for _ in range(400):
        if not page.evaluate(HIDDEN):
            return False
        page.wait_for_timeout(60)
    return True


@pytest.mark.parametrize("phone", [False, True])
def test_saving_is_always_at_hand_and_hides_nothing_that_is_focused(
    site: Installation, browser: Browser, phone: bool
) -> None:
    """WCAG 2.2, 2.4.11 Focus Not Obscured."""
    with visiting(browser, phone=phone) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{TIDE}")
        page.locator("form.editor > details").evaluate_all("all => all.forEach(e => e.open = true)")
        page.get_by_label("Title", exact=True).first.focus()
        button = page.locator(".publish-bar button[value=save]")
        for _ in range(150):
            page.keyboard.press("Tab")
            expect(button).to_be_in_viewport()
            assert not stays_hidden(page), page.evaluate("document.activeElement.outerHTML")
            if page.evaluate("document.activeElement.value") == "save":
                break
        else:
            pytest.fail("Save was never reached by keyboard")


def test_on_a_phone_the_sound_comes_before_the_words_and_chapters_are_one_line_each(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser, phone=True) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{TIDE}")
        sound = page.locator("audio[data-episode]").bounding_box()
        title = page.get_by_label("Title", exact=True).first.bounding_box()
        assert sound
        assert title
        assert sound["y"] < 500 < title["y"]
        page.locator("details.chapters").evaluate("e => { e.open = true }")
        lines = page.locator(".chapter-list li")
        expect(lines).to_have_count(3)
        for line in lines.all():
            box = line.bounding_box()
            assert box
            assert box["height"] < 70
        lines.first.locator("summary").first.click()
        expect(lines.first.get_by_label("Begins at")).to_be_visible()


def test_on_a_phone_the_menus_are_lines_that_show_where_one_is(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser, phone=True) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{SHOW}/settings")
        main = page.locator("main h1").bounding_box()
        assert main
        assert main["y"] < 190
        expect(page.locator(".show-bar a[aria-current]")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("path", ["people", "site", "status", "account"])
def test_every_page_of_the_owner_leads_back_to_the_shows(
    site: Installation, browser: Browser, path: str
) -> None:
    with visiting(browser, scripts=False) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}/studio/{path}")
        page.get_by_role("link", name="Shows", exact=True).click()
        page.wait_for_url("**/studio")
        page.goto(f"{site.url}/studio/{path}")
        page.locator(".brand").click()
        page.wait_for_url("**/studio")


def test_a_chapter_gets_a_picture_on_the_desk_and_loses_it(
    site: Installation, browser: Browser, slide: Path
) -> None:
    def pictures() -> list[str]:
        with site.services() as services, services.sessions() as session:
            rows = session.scalars(select(Episode.chapters).where(Episode.key == "harbourc22"))
            return [row["img"] for row in rows.one() if "img" in row]

    with visiting(browser) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{TIDE}")
        page.locator("details.chapters").evaluate("e => { e.open = true }")
        first = page.locator(".chapter-list li").first
        first.locator("details.more > summary").click()
        first.get_by_label("Picture").set_input_files(slide)
        thumb = first.locator("img.thumb")
        expect(thumb).to_be_visible()
        assert thumb.evaluate("async image => { await image.decode(); return image.naturalWidth }")
        assert axe_violations(page) == []
        page.locator(".publish-bar button[value=save]").click()
        expect(page.locator(".messages .success")).to_be_visible()
        assert len(pictures()) == 1
        page.locator("details.chapters").evaluate("e => { e.open = true }")
        first.locator("details.more > summary").click()
        first.get_by_role("button", name="Remove the picture").click()
        page.locator(".publish-bar button[value=save]").click()
        expect(page.locator(".messages .success")).to_be_visible()
    assert pictures() == []


def test_a_transcript_is_read_along_with_the_sound(site: Installation, browser: Browser) -> None:
    with visiting(browser) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{TIDE}")
        page.get_by_role("link", name="Read along").click()
        words = page.locator(".transcript.following [data-at]")
        expect(words.first).to_be_visible()
        words.nth(2).click()
        expect(page.locator(".transcript .now")).to_have_count(1)
        assert axe_violations(page) == []


def test_the_square_of_an_episode_s_picture_is_drawn(
    site: Installation, browser: Browser, tmp_path: Path
) -> None:
    picture = Image.new("RGB", (3000, 1500), "white")
    picture.paste("red", (1500, 0, 3000, 1500))
    path = tmp_path / "wide.png"
    picture.save(path)
    with visiting(browser) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{TIDE}")
        form = page.locator("form[action$='/cover']")
        form.get_by_label("Picture", exact=True).set_input_files(path)
        canvas = form.locator("canvas")
        expect(canvas).to_be_visible()
        for _ in range(30):
            canvas.press("ArrowRight")
        form.get_by_role("button", name="Use this picture").click()
        expect(page.locator(".messages .success")).to_be_visible()
    with site.services() as services:
        with services.sessions() as session:
            query = select(Episode.artwork_key).where(Episode.key == "harbourc22")
            key = session.scalars(query).one()
        assert key
        with services.storage.open(key) as reader:
            cut = Image.open(io.BytesIO(reader.read())).convert("RGB")
    pixel = cut.getpixel((5, 700))
    assert isinstance(pixel, tuple)
    assert pixel[1] < 30  # red to its left edge


def test_the_app_follows_what_is_typed(site: Installation, browser: Browser) -> None:
    with visiting(browser) as page:
        enter_studio(page, site)
        page.goto(f"{site.url}{SHOW}/settings")
        app = page.locator(".app-preview")
        page.get_by_label("Title", exact=True).fill("Quiet Harbour")
        expect(app).to_contain_text("Quiet Harbour")
        page.get_by_label("What is it about?").fill("Of **seals** only")
        expect(app).to_contain_text("Of seals only")
        teaser = app.locator(".for-everybody [data-teaser]").first
        expect(teaser).to_be_visible()
        page.get_by_label("Members’ episodes in the public feed").select_option("hidden")
        expect(teaser).to_be_hidden()
        page.get_by_label("Members", exact=True).check()
        expect(app.locator(".for-members")).to_be_visible()
        expect(app.locator(".for-everybody")).to_be_hidden()
    with site.services() as services, services.sessions() as session:
        assert session.scalars(select(Show.title)).one() != "Quiet Harbour"
