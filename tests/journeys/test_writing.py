"""Writing about episodes in a real browser: nothing typed is lost, and uploads do not get in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from sqlalchemy import select

from episodes.models import Episode
from tests.browser import enter_studio
from tests.many_hosts.patience import make_patient
from tests.running import PATIENCE, Installation
from tests.samples.audio import record

pytestmark = pytest.mark.slow
LIST = "/studio/shows/harbour"


@pytest.fixture
def page(browser: Browser, site: Installation) -> Iterator[Page]:
    """The owner, on the list of episodes."""
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        make_patient(page)
        enter_studio(page, site)
        page.goto(site.url + LIST)
        yield page


def titles(site: Installation) -> list[str]:
    with site.services() as services, services.sessions() as session:
        return list(session.scalars(select(Episode.title).where(Episode.state != "deleted")))


def type_title(page: Page, text: str) -> None:
    """As fingers do: the browser then knows that somebody has been at work on the page."""
    page.get_by_label("Title", exact=True).first.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def title(page: Page) -> str:
    return page.get_by_label("Title", exact=True).first.input_value()


def dialogs(page: Page) -> list[str]:
    """The kinds of questions that are asked from now on; each is answered with yes."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    return asked


def open_episode(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url("**/episodes/*")


def test_what_was_typed_waits_in_another_tab_and_chosen_things_too(
    page: Page, site: Installation
) -> None:
    dialogs(page)
    open_episode(page, "How to read the tide")
    type_title(page, "Typed and not saved")
    page.get_by_text("Everyone", exact=True).click()
    address = page.url
    page.close(run_before_unload=False)
    later = page.context.new_page()
    later.goto(address)
    assert title(later) == "How to read the tide"
    expect(later.get_by_text("you typed something here that was not saved")).to_be_visible()
    later.get_by_role("button", name="Restore what I typed").click()
    expect(later.get_by_label("Title", exact=True).first).to_have_value("Typed and not saved")
    expect(later.get_by_role("radio", name="Everyone")).to_be_checked()
    expect(later.locator("[data-saved]")).to_contain_text("This was not saved yet.")
    assert "Typed and not saved" not in titles(site)


def test_what_is_saved_is_offered_no_more(page: Page) -> None:
    asked = dialogs(page)
    open_episode(page, "Winter berths")
    type_title(page, "Winter berths, again")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messages .success")).to_be_visible()
    expect(page.locator("[data-memory]")).to_be_hidden()
    page.reload()
    expect(page.locator("[data-memory]")).to_be_hidden()
    assert asked == []


def test_what_was_refused_is_still_offered_after_leaving(page: Page) -> None:
    dialogs(page)
    open_episode(page, "First light")
    address = page.url
    type_title(page, "Never saved")
    page.get_by_text("Only those who buy it", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Set a price: without one")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Restore what I typed").click()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Never saved")


def test_what_clashed_with_another_tab_is_still_offered_after_leaving(page: Page) -> None:
    dialogs(page)
    open_episode(page, "How to read the tide")
    other = page.context.new_page()
    dialogs(other)
    other.goto(page.url)
    for tab, text in ((page, "Theirs"), (other, "Mine")):
        type_title(tab, text)
        tab.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_text("Somebody has changed this episode")).to_be_visible()
    assert title(other) == "Mine"
    other.goto(page.url)
    other.get_by_role("button", name="Restore what I typed").click()
    expect(other.get_by_label("Title", exact=True).first).to_have_value("Mine")
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_label("Save mine over these changes").check()
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.locator("h1")).to_have_text("Mine")


def test_forgotten_is_forgotten(page: Page) -> None:
    dialogs(page)
    open_episode(page, "First light")
    type_title(page, "Nonsense")
    page.reload()
    page.get_by_role("button", name="Forget it").click()
    page.reload()
    expect(page.locator("[data-memory]")).to_be_hidden()
    assert title(page) != "Nonsense"


def test_leaving_asks_only_where_something_is_not_saved(page: Page, site: Installation) -> None:
    asked = dialogs(page)
    open_episode(page, "The pilot")
    page.get_by_label("Title", exact=True).first.click()
    page.goto(site.url + LIST)
    assert asked == []
    open_episode(page, "The pilot")
    type_title(page, "Other")
    page.goto(site.url + LIST)
    assert asked == ["beforeunload"]


def test_another_form_of_the_page_neither_asks_nor_loses_what_was_typed(page: Page) -> None:
    asked = dialogs(page)
    open_episode(page, "The pilot")
    type_title(page, "Kept over a preview")
    page.locator("summary", has_text="Cut the preview").click()
    page.get_by_role("button", name="Cut the preview").click()
    expect(page.locator(".messages .notice")).to_be_visible()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Kept over a preview")
    assert asked == []


def test_replacing_audio_asks_nothing_and_keeps_what_was_typed(
    page: Page, site: Installation, tmp_path: Path
) -> None:
    file = record(tmp_path / "new.mp3", "mp3", seconds=7)
    asked = dialogs(page)
    open_episode(page, "A short history")
    type_title(page, "Typed before the audio")
    page.get_by_text("Replace the audio").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a file").click()
    with page.expect_navigation(timeout=60_000):
        chooser.value.set_files(file)
    expect(page.locator("aside").get_by_text("0:07 · ")).to_be_visible()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Typed before the audio")
    assert asked == []


def test_an_uploaded_episode_is_in_the_list_without_a_reload_and_opens_in_this_tab(
    page: Page, tmp_path: Path
) -> None:
    file = record(tmp_path / "a.mp3", "mp3", seconds=5, metadata={"title": "Heard at sea"})
    asked = dialogs(page)
    page.get_by_label("Choose A short history").first.check()
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose files").click()
    chooser.value.set_files(file)
    line = page.locator(".upload-list li")
    expect(line).to_have_attribute("data-state", "used", timeout=PATIENCE * 1000)
    expect(line.locator("strong")).to_have_text("Heard at sea")
    expect(page.locator(".work-list").get_by_text("Heard at sea")).to_be_visible()
    expect(page.get_by_label("Choose A short history").first).to_be_checked()
    line.get_by_role("link", name="Write about it").click()
    page.wait_for_url("**/episodes/*")
    assert len(page.context.pages) == 1
    assert asked == []


def test_a_refused_file_leaves_no_draft(page: Page, site: Installation, tmp_path: Path) -> None:
    before = titles(site)
    file = tmp_path / "Not audio at all.mp3"
    file.write_bytes(b"%PDF-1.4 " * 5000)
    page.locator("#files").set_input_files(file)
    line = page.locator(".upload-list li").last
    expect(line).to_have_attribute("data-state", "refused", timeout=60_000)
    expect(line.get_by_role("link")).to_have_count(0)
    expect(page.locator(".work-list").get_by_text("Not audio at all")).to_have_count(0)
    assert titles(site) == before
    page.reload()
    expect(page.locator(".upload-list")).to_contain_text("Not audio at all")
