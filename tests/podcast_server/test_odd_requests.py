"""Requests that nobody sends by accident, and that once were answered with an error of our own."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from episodes.models import Show
from podcast_server.accounts.members import BadEmailError, normalise_email
from podcast_server.mail.models import OutgoingMail
from podcast_server.services import Services
from tests.podcast_server.conftest import Browser
from tests.podcast_server.pages.studio.conftest import Desk, first, harbour, hire, owner

__all__ = ["first", "harbour", "hire", "owner"]


def sign_in(browser: Browser, email: str, *, referrer: str) -> TestResponse:
    """Send the form with its token, as if from some page."""
    page = browser.client.get("/sign-in", base_url="https://podcast.test")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    return browser.client.post(
        "/sign-in",
        base_url="https://podcast.test",
        data={"email": email, "csrf_token": token[1]},
        headers={"Referer": referrer},
    )


def test_a_form_from_a_page_whose_address_cannot_be_read_is_refused(
    app: Flask, browser: Browser
) -> None:
    assert sign_in(browser, "ada@example.org", referrer="http://[").status_code == 400


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "7"])
def test_an_upload_that_is_begun_with_anything_but_an_object_is_refused(
    owner: Desk, harbour: Show, body: str
) -> None:
    answer = owner.client.post(
        "/studio/shows/harbour/uploads",
        data=body,
        headers={"X-CSRFToken": owner.token(), "Content-Type": "application/json"},
    )
    assert answer.status_code == 400


HUGE = 10**23  # no column of a database holds it


@pytest.mark.parametrize("path", ["", "/members", "/members/{}", "/members/import/{}"])
def test_a_number_that_no_database_can_hold_is_no_error_of_ours_in_the_studio(
    owner: Desk, harbour: Show, path: str
) -> None:
    address = f"/studio/shows/harbour{path.format(HUGE)}?page={HUGE}"
    assert owner.client.get(address).status_code == (404 if "{}" in path else 200)


def test_a_number_of_a_row_has_room_in_the_columns_of_postgresql(
    owner: Desk, harbour: Show
) -> None:
    routes = owner.client.application.url_map.bind("podcast.test")
    here = "/studio/shows/harbour/members/"
    assert routes.match(f"{here}{2**31 - 1}")[1]["member_id"] == 2**31 - 1
    with pytest.raises(NotFound):
        routes.match(f"{here}{2**31}")


def test_nothing_is_on_a_page_that_no_database_can_count_to(
    browser: Browser, harbour: Show
) -> None:
    answer = browser.client.get(f"/shows/harbour?page={HUGE}", base_url="https://podcast.test")
    assert answer.status_code == 404


def test_no_text_with_a_nul_comes_in_since_a_database_to_move_to_may_not_take_it(
    browser: Browser, owner: Desk, harbour: Show, services: Services
) -> None:
    refused = sign_in(browser, "a\0da@example.org", referrer="https://podcast.test/sign-in")
    assert refused.status_code == 400
    assert owner.client.get("/studio/shows/harbour/members?q=a%00b").status_code == 400
    assert browser.client.get("/shows/a%00b", base_url="https://podcast.test").status_code == 404
    with services.sessions() as session:
        assert session.scalars(select(OutgoingMail)).all() == []


def test_an_address_with_a_character_that_cannot_be_seen_is_none() -> None:
    with pytest.raises(BadEmailError):
        normalise_email("a\0da@example.org")
