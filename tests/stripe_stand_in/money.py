"""Amounts are integers in a currency's smallest unit; this knows what that unit is.

https://docs.stripe.com/currencies lists the currencies without decimals, with three, and the
smallest charge accepted.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from tests.stripe_stand_in.errors import StripeError, invalid

ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
TWO_DECIMAL = frozenset(
    [
        "usd",
        "eur",
        "gbp",
        "chf",
        "aud",
        "cad",
        "nzd",
        "sek",
        "nok",
        "dkk",
        "pln",
        "czk",
        "huf",
        "ron",
        "bgn",
        "inr",
        "brl",
        "mxn",
        "sgd",
        "hkd",
        "myr",
        "thb",
        "zar",
        "ils",
        "try",
        "aed",
        "sar",
        "php",
        "idr",
        "twd",
        "ars",
        "cop",
        "pen",
        "uah",
        "isk",
    ]
)
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL
LARGEST = 99_999_999
# Rupiah have twelve digits: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_LARGER = {"idr": 999_999_999_999}
_SMALLEST = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip


def decimals(currency: str) -> int:
    """How many of the amount's digits stand after the decimal point."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def largest_charge(currency: str) -> int:
    return _LARGER.get(currency, LARGEST)


def smallest_charge(currency: str) -> int:
    return _SMALLEST.get(currency, 1)


def format_amount(amount: int, currency: str) -> str:
    """`$5.00`-like text without a locale: "5.00 USD"."""
    places = decimals(currency)
    return f"{Decimal(amount).scaleb(-places):,.{places}f} {currency.upper()}"


def parse_amount(text: str, currency: str) -> int | None:
    """What a person typed ("5", "5.00", "5,00") in minor units; None when it is no amount."""
    try:
        major = Decimal(text.strip().replace(",", "."))
    except ArithmeticError:
        return None
    minor = major.scaleb(decimals(currency))
    return int(minor) if minor == minor.to_integral_value() and minor.is_finite() else None


def share(amount: int, part: int, whole: int) -> int:
    """amount x part / whole, rounded half up to a whole minor unit."""
    exact = Decimal(amount) * part / whole if whole else Decimal(0)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent(amount: int, rate: float | Decimal) -> int:
    exact = Decimal(amount) * Decimal(str(rate)) / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def check_currency(currency: str, param: str = "currency") -> str:
    """Lower case, or the error Stripe answers to an unknown currency."""
    code = currency.lower()
    if code not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", param)
    return code


def check_amount(amount: int, currency: str, param: str) -> int:
    """Negative, too large, or (three-decimal currencies) not a multiple of ten: refused."""
    if amount < 0:
        raise invalid("Invalid non-negative integer", param, "parameter_invalid_integer")
    if amount > largest_charge(currency):
        raise invalid(
            f"Amount must be no more than {largest_charge(currency)} (in the currency's smallest unit)",
            param,
            "amount_too_large",
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Amounts in {currency} must end in 0: the last decimal cannot be charged.", param
        )
    return amount


def check_charge(amount: int, currency: str, what: str = "Amount") -> None:
    """Raises amount_too_small below what Stripe charges."""
    least = smallest_charge(currency)
    if amount < least:
        raise StripeError(
            f"{what} must be at least {format_amount(least, currency)}",
            code="amount_too_small",
            param="amount",
        )
