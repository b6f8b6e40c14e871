"""Money: whole minor units and a currency. No floating point anywhere.

Minor units are those of ISO 4217 (cents; whole yen; thousandths of a dinar).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale
from babel.numbers import list_currencies

from podcast_server.billing.errors import AmountRefused
from podcast_server.currencies import decimals, write_amount

# Eight digits: the most that card payments take, and far from any overflow.
LARGEST = 99_999_999

# 4.99 · 4,99 · 1000 · 1 000,50 · 1.000,50 · 1'000.50
_AMOUNT = re.compile(
    r"(?P<whole>[0-9]{1,9}|[0-9]{1,3}(?P<by>[,. '])[0-9]{3}(?:(?P=by)[0-9]{3})*)"
    r"(?:(?P<point>[.,])(?P<part>[0-9]+))?"
)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that can be asked for: zero to LARGEST minor units of a known currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:  # True would pass as 1, 1.0 as 1
            raise AmountRefused("an amount is a whole number of the smallest coins")
        check_currency(self.currency)
        if self.amount < 0:
            raise AmountRefused("the amount must not be negative")
        if self.amount > LARGEST:
            raise AmountRefused(
                f"the amount is too large: at most {_plain(LARGEST, self.currency)}"
            )

    def __str__(self) -> str:
        return f"{_plain(self.amount, self.currency)} {self.currency.upper()}"

    @property
    def plain(self) -> str:
        """The amount alone, as ``parse_money`` reads it: 4.99."""
        return _plain(self.amount, self.currency)

    def times(self, count: int) -> Money:
        """This much ``count`` times. Raises AmountRefused beyond LARGEST."""
        return Money(self.amount * count, self.currency)


def check_currency(currency: str) -> str:
    """The currency if it is a known lower-case ISO 4217 code. Raises AmountRefused."""
    if currency != currency.lower() or currency.upper() not in list_currencies():
        raise AmountRefused(f"“{currency[:20]}” is not a currency code such as eur or usd")
    return currency


def parse_money(text: str, currency: str) -> Money:
    """An amount as people type it, with a point or a comma. Raises AmountRefused.

    Refused rather than guessed: signs, exponents, other digits than 0-9, more decimals than
    the currency has, and what could mean two things (1,000 in dinar).
    """
    currency = check_currency(currency.strip().lower())
    found = _AMOUNT.fullmatch(_SPACE.sub(" ", text.strip()).replace("’", "'"))
    if found is None or found["by"] == found["point"] is not None:
        raise _unreadable(currency)
    whole = re.sub(r"[^0-9]", "", found["whole"])
    part, digits = found["part"] or "", decimals(currency)
    if found["by"] is None and len(part) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        if digits < 3:  # 1,000 yen or dollars can only be a thousand
            whole, part = whole + part, ""
        elif found["point"] == ",":
            raise _unreadable(currency)
    if len(part) > digits or len(whole) > 9:
        raise _unreadable(currency)
    return Money(int(whole + part.ljust(digits, "0")), currency)


def _unreadable(currency: str) -> AmountRefused:
    return AmountRefused(
        f"write the amount like {_plain(499 * 10 ** decimals(currency) // 100, currency)}"
    )


def _plain(amount: int, currency: str) -> str:
    return str(Decimal(amount).scaleb(-decimals(currency)))


def format_money(money: Money, locale: str) -> str:
    """An amount as people of this language write it: €4.99, 4,99 €, ¥500."""
    return write_amount(money.amount, money.currency, Locale.parse(locale.replace("-", "_")))
