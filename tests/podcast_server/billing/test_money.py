"""Amounts: whole minor units, read carefully, written as people write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podcast_server.billing.errors import AmountRefused
from podcast_server.billing.money import LARGEST, Money, format_money, parse_money
from podcast_server.currencies import decimals


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("4.99", "eur", 499),
        ("4,99", "EUR", 499),
        ("4.9", "usd", 490),
        (" 5 ", "usd", 500),
        ("0", "usd", 0),
        ("1 000,50", "eur", 100050),
        ("1\u202f000,50", "eur", 100050),
        ("1.000,50", "eur", 100050),
        ("1,000.50", "usd", 100050),
        ("1’000.50", "chf", 100050),
        ("1,000", "usd", 100000),
        ("1,000,000", "jpy", 1000000),
        ("500", "jpy", 500),
        ("1,000", "jpy", 1000),
        ("2.345", "kwd", 2345),
        ("2.3", "kwd", 2300),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, currency: str, amount: int) -> None:
    assert parse_money(typed, currency).amount == amount


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("-5", "usd"),
        ("+5", "usd"),
        ("5e3", "usd"),
        ("0x10", "usd"),
        ("٥", "usd"),
        ("５", "usd"),
        ("4.999", "xyz"),
        ("0.999", "usd"),
        ("4.9999", "usd"),
        ("1.5", "jpy"),
        ("1,000", "kwd"),
        ("1,000,50", "usd"),
        ("1.000.50", "usd"),
        ("4.", "usd"),
        (".5", "usd"),
        ("", "usd"),
        ("NaN", "usd"),
        ("inf", "usd"),
        ("5 $", "usd"),
        ("5\x00", "usd"),
        ("1000000", "usd"),
        ("999999999999999999999", "usd"),
    ],
)
def test_what_is_unclear_or_absurd_is_refused_rather_than_guessed(
    typed: str, currency: str
) -> None:
    with pytest.raises(AmountRefused):
        parse_money(typed, currency)


@given(st.text(max_size=30))
@example("1" * 400)
def test_no_text_breaks_the_reading_of_amounts(text: str) -> None:
    try:
        read = parse_money(text, "eur")
    except AmountRefused:
        return
    assert 0 <= read.amount <= LARGEST


@given(st.integers(0, LARGEST), st.sampled_from(["eur", "jpy", "kwd"]))
def test_what_is_written_plainly_is_read_back(amount: int, currency: str) -> None:
    written = str(Money(amount, currency)).split()[0]
    assert parse_money(written, currency).amount == amount


@given(st.decimals(0, 999999, places=2))
def test_cents_are_exact(value: Decimal) -> None:
    try:
        assert parse_money(f"{value:f}", "usd").amount == int(value * 100)
    except InvalidOperation:  # pragma: no cover
        raise AssertionError("no arithmetic may fail") from None


@pytest.mark.parametrize("amount", [-1, LARGEST + 1, True, 1.0, "5"])
def test_only_sane_whole_numbers_become_money(amount: object) -> None:
    with pytest.raises(AmountRefused):
        Money(amount, "eur")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "EUR", "eu", "euro", "zzz", "e\nr"])
def test_only_known_currencies_become_money(currency: str) -> None:
    with pytest.raises(AmountRefused):
        Money(1, currency)


def test_multiplying_cannot_overflow() -> None:
    assert Money(500, "eur").times(12) == Money(6000, "eur")
    with pytest.raises(AmountRefused):
        Money(LARGEST, "eur").times(2)


@pytest.mark.parametrize(
    ("money", "locale", "written"),
    [
        (Money(499, "eur"), "en", "€4.99"),
        (Money(499, "eur"), "fr", "4,99\xa0€"),
        (Money(500, "jpy"), "en", "¥500"),
        (Money(2345, "kwd"), "en", "KWD\xa02.345"),
        (Money(1299, "rsd"), "en", "RSD\xa012.99"),
        (Money(123456, "usd"), "en_GB", "US$1,234.56"),
        (Money(50, "isk"), "en", "ISK\xa050"),
    ],
)
def test_amounts_are_written_in_the_readers_language(
    money: Money, locale: str, written: str
) -> None:
    assert format_money(money, locale) == written


def test_minor_units_follow_iso_4217() -> None:
    assert [decimals(c) for c in ("eur", "jpy", "kwd", "rsd", "isk")] == [2, 0, 3, 2, 0]
