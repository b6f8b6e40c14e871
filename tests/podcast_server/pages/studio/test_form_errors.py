"""What a form says that it cannot take: once, in plain words, where one sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from episodes.models import Episode, Show
from tests.podcast_server.pages.studio.conftest import Desk, page_of, save

PLANS = "/studio/shows/harbour/plans"


def said_of(name: str, page: str) -> str:
    """What stands below a field."""
    found = re.search(rf'id="{name}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [("many", "Type a whole number."), ("-5", "Number must be between 1 and 999999999.")],
)
def test_a_number_is_wrong_in_one_way(owner: Desk, draft: Episode, typed: str, said: str) -> None:
    assert said_of("number", save(owner, draft, number=typed).text) == said


def test_a_moment_that_cannot_be_read_is_explained(owner: Desk, draft: Episode) -> None:
    page = save(owner, draft, public_at="soon").text
    assert said_of("public_at", page).startswith("Choose a day and a time")


def test_a_moment_may_be_typed_with_a_space(owner: Desk, draft: Episode) -> None:
    page = save(owner, draft, public_at="2030-01-31 18:00").text
    assert said_of("public_at", page) == ""
    assert 'value="2030-01-31T18:00"' in page


def test_a_day_that_cannot_be_read_is_explained(owner: Desk) -> None:
    page = owner.send("/studio/coupons", code="WELCOME", percent="50", closes="soon").text
    assert said_of("closes", page).startswith("Choose a day, or write it like")


def test_no_number_at_all_is_left_to_the_field(owner: Desk) -> None:
    page = owner.send("/studio/site/mail", host="smtp.example.org", port="").text
    assert said_of("port", page) == "A port is a number such as 587 or 465."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_has_to_be_filled_in_says_what_belongs_there(owner: Desk, language: str) -> None:
    page = owner.send(f"/studio/coupons?lang={language}", code="", percent="50").text
    expected = {"en": "Type the letters and digits", "fr": "Indiquez les lettres"}
    assert said_of("code", page).startswith(expected[language])


@pytest.mark.usefixtures("harbour")
def test_a_fold_with_something_wrong_in_it_is_open(owner: Desk) -> None:
    fold = re.compile(r"<details (open)?>\s*<summary>More</summary>")
    whole = fold.search(owner.get(PLANS).text)
    wrong = fold.search(owner.send(PLANS, name="Patron", month="5", places="many").text)
    assert whole
    assert not whole[1]
    assert wrong
    assert wrong[1]


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(
    ("path", "field", "rest"),
    [
        (PLANS, "month", {"name": "Patron"}),
        (PLANS, "minimum", {"name": "Patron", "month": "5"}),
        ("/studio/shows/harbour/sales", "price", {"name": "Season one"}),
        ("/studio/coupons", "off", {"code": "WELCOME"}),
    ],
)
def test_an_amount_that_is_none_is_told_at_its_field(
    owner: Desk, path: str, field: str, rest: dict[str, str]
) -> None:
    page = owner.send(path, **rest, currency="eur", **{field: "five"}).text
    assert said_of(field, page).startswith("Write the amount like")


def test_the_first_wrong_field_has_the_cursor_and_no_other(owner: Desk) -> None:
    page = owner.send("/studio/coupons", code="", percent="many", currency="eur").text
    assert re.findall(r'<input[^>]* autofocus[^>]* id="(\w+)"', page) == ["code"]


@pytest.mark.usefixtures("harbour")
def test_where_the_browser_goes_to_a_place_on_the_page_no_cursor_is_asked_for(owner: Desk) -> None:
    page = owner.send("/studio/shows/harbour/members", email="", reason="", tier="0").text
    assert 'action="/studio/shows/harbour/members#add"' in page
    assert said_of("email", page)
    assert " autofocus" not in page


def test_the_reason_against_a_feed_is_a_sentence(owner: Desk) -> None:
    page = owner.send("/studio/bring", address="ftp://feeds.example.org", into="").text
    assert said_of("address", page) == "An address must begin with https:// or http://."


def test_who_lacks_a_role_is_sent_to_an_owner_and_not_to_the_door(
    hire: Callable[..., Desk], harbour: Show, first: Episode
) -> None:
    answer = hire("analyst", harbour).get(page_of(first))
    assert answer.status_code == 403
    assert "An owner can let you" in answer.text
    assert "/sign-in" not in answer.text
