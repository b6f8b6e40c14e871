"""Currencies: how many decimals each has (ISO 4217), and how amounts are written."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import get_currency_symbol, parse_pattern

# fmt: off
ZERO_DECIMALS = frozenset({
    "bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "mga", "pyg",
    "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
})
THREE_DECIMALS = frozenset({
    "bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd",
})
# fmt: on


def decimals(currency: str) -> int:
    """How many digits the minor unit of a currency (lower case) has: 0, 2 or 3."""
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def write_amount(amount: int, currency: str, locale: Locale, *, short: bool = False) -> str:
    """Minor units as people of a language write them: €4.99, 4,99 €, ¥500.

    ``short`` leaves out decimals that are all zero: €5.
    """
    digits = decimals(currency)
    shown = 0 if short and amount % 10**digits == 0 else digits
    code = currency.upper()
    text = str(locale.currency_formats["standard"].pattern)
    if text.startswith("¤") and get_currency_symbol(code, locale)[-1].isalpha():
        text = "¤\xa0" + text[1:]  # CLDR: letters do not touch digits (KWD 2.345)
    # Babel's own number of digits follows cash practice (none for Serbian dinars);
    # payments follow ISO 4217, so the pattern gets ours.
    pattern = parse_pattern(text)
    pattern.frac_prec = (shown, shown)
    value = Decimal(amount).scaleb(-digits)
    written: str = pattern.apply(value, locale, currency=code, currency_digits=False)
    return written
