"""Whoever was signed out, or met an error, in the middle of a form finds there what they typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.sessions import end_staff_sessions
from podcast_server.services import now_utc
from tests.browser import axe_violations, enter_studio, visiting
from tests.running import Installation

pytestmark = pytest.mark.slow
SETTINGS = "/studio/shows/harbour/settings"
WORDS = "Everything about the harbour, typed for an hour."


def fill(page: Page, site: Installation) -> None:
    page.goto(site.url + SETTINGS)
    page.get_by_label("What is it about?").fill(WORDS)
    page.locator("[name=type]").first.select_option("serial")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def is_there_again(page: Page, site: Installation) -> None:
    """And is saved with the next click, after which nothing is brought back any more."""
    expect(page.get_by_text("What you had typed is here again")).to_be_visible()
    expect(page.get_by_label("What is it about?")).to_have_value(WORDS)
    expect(page.locator("[name=type]").first).to_have_value("serial")
    assert axe_violations(page) == []
    save(page)
    expect(page.locator(".messages .success")).to_be_visible()
    page.goto(site.url + SETTINGS)
    expect(page.get_by_label("What is it about?")).to_have_value(WORDS)
    expect(page.get_by_text("What you had typed is here again")).to_be_hidden()
    page.get_by_label("What is it about?").fill("As before.")
    page.locator("[name=type]").first.select_option("episodic")
    save(page)
    expect(page.locator(".messages .success")).to_be_visible()


@contextmanager
def refused_without_cookie(site: Installation, browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        enter_studio(page, site)
        fill(page, site)
        context.clear_cookies()
        save(page)
        yield page


@pytest.mark.also_on_many_hosts
def test_whose_session_was_ended_elsewhere_comes_back_to_what_they_typed(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as page:
        enter_studio(page, site)
        fill(page, site)
        with site.services() as services, services.sessions.begin() as session:
            end_staff_sessions(
                session, ensure_staff(session, "owner@example.org", now=now_utc()).id
            )
        save(page)
        expect(page).to_have_url(re.compile(rf"/studio/sign-in\?next={SETTINGS}$"))
        enter_studio(page, site)
        page.goto(site.url + SETTINGS)
        is_there_again(page, site)


def test_a_form_without_its_cookie_leads_back_through_the_door(
    site: Installation, browser: Browser
) -> None:
    with refused_without_cookie(site, browser) as page:
        expect(page.get_by_text("This form was open too long")).to_be_visible()
        page.get_by_role("link", name="Back to what you typed").click()
        expect(page).to_have_url(re.compile(rf"/studio/sign-in\?next={SETTINGS}$"))
        enter_studio(page, site)
        page.goto(site.url + SETTINGS)
        is_there_again(page, site)


def test_somebody_else_at_the_same_browser_is_not_shown_what_was_typed(
    site: Installation, browser: Browser
) -> None:
    with refused_without_cookie(site, browser) as page:
        with site.services() as services, services.sessions.begin() as session:
            ensure_staff(session, "second@example.org", now=now_utc()).is_owner = True
        enter_studio(page, site, "second@example.org")
        page.goto(site.url + SETTINGS)
        expect(page.get_by_label("What is it about?")).not_to_have_value(WORDS)
        expect(page.get_by_text("What you had typed is here again")).to_be_hidden()


def test_the_address_of_a_private_feed_is_not_kept(site: Installation, browser: Browser) -> None:
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        enter_studio(page, site)
        page.goto(f"{site.url}/studio/bring")
        page.locator("[name=address]").fill("https://feeds.example.org/secret-of-mine")
        context.clear_cookies()
        page.locator("main form button").first.click()
        expect(page.get_by_text("This form was open too long")).to_be_visible()
        kept = page.evaluate("Object.values(sessionStorage).join()")
    assert "secret-of-mine" not in kept
