"""Dates, lengths of time and money as people of each language write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from podcast_server.i18n import (
    format_clock,
    format_day,
    format_duration,
    format_money,
    format_size,
    with_fixed_spaces,
)

MOMENT = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(("language", "text"), [("en", "April 1, 2026"), ("fr", "1 avril 2026")])
def test_a_day_is_the_one_on_the_shows_own_clock(app: Flask, language: str, text: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert format_day(MOMENT, "Europe/Paris") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(20, "20 s"), (63, "1 min"), (3599, "1 h 0 min"), (3900, "1 h 5 min")]
)
def test_a_length_is_said_as_people_say_it(app: Flask, seconds: float, text: str) -> None:
    with app.test_request_context():
        assert format_duration(seconds) == text


def test_a_place_in_a_recording_has_hours_only_when_there_are_some() -> None:
    assert [format_clock(each) for each in (0, 95.5, 3723)] == ["0:00", "1:35", "1:02:03"]


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("en", 1250, "eur", "€12.50"),
        ("en", 1200, "usd", "$12"),
        ("en", 500, "jpy", "¥500"),
        ("fr", 1250, "eur", "12,50\xa0€"),
        ("fr", 1200, "eur", "12\xa0€"),
    ],
)
def test_money_comes_in_minor_units_and_loses_empty_cents(
    app: Flask, language: str, amount: int, currency: str, text: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert format_money(amount, currency) == text


@pytest.mark.parametrize(
    ("language", "size", "text"),
    [
        ("en", 640_000, "640 kB"),
        ("en", 600_000_0, "6 MB"),
        ("en", 74_400_000_000, "74.4 GB"),
        ("fr", 640_000, "640 ko"),
        ("fr", 2_650_000, "2,6 Mo"),
        ("fr", 1_234_500_000_000, "1\u202f234,5 Go"),
    ],
)
def test_a_size_is_written_with_the_point_or_comma_of_the_language(
    app: Flask, language: str, size: int, text: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert format_size(size) == text


def test_no_line_of_french_begins_with_a_mark() -> None:
    spaced = with_fixed_spaces("Voir « ici » : vraiment ? https://a.b ; oui !", "fr")
    assert spaced == (
        "Voir «\N{NO-BREAK SPACE}ici\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: vraiment"
        "\N{NARROW NO-BREAK SPACE}? https://a.b\N{NARROW NO-BREAK SPACE}; oui"
        "\N{NARROW NO-BREAK SPACE}!"
    )
    assert with_fixed_spaces(("un : a", "des : b"), "fr") == (
        "un\N{NO-BREAK SPACE}: a",
        "des\N{NO-BREAK SPACE}: b",
    )
    assert with_fixed_spaces("a ? b", "en") == "a ? b"
