"""Our minor units (ISO 4217) and Stripe's, which differ for two currencies.

https://docs.stripe.com/currencies#special-cases
"""

from __future__ import annotations

from podcast_server.billing.errors import AmountRefused
from podcast_server.billing.money import Money
from podcast_server.currencies import THREE_DECIMALS

# Stripe writes them with two decimals that are always zero.
_PADDED = frozenset({"isk", "ugx"})


def to_stripe(money: Money) -> int:
    """The amount as Stripe writes it. Raises AmountRefused for coins Stripe cannot charge."""
    if money.currency in THREE_DECIMALS and money.amount % 10:
        raise AmountRefused("card payments in this currency are made in steps of ten")
    return money.amount * 100 if money.currency in _PADDED else money.amount


def minor_units(amount: int, currency: str) -> int:
    """One of Stripe's amounts in our minor units."""
    return amount // 100 if currency in _PADDED else amount


def from_stripe(amount: int, currency: str) -> Money:
    """One of Stripe's amounts as money."""
    return Money(minor_units(amount, currency), currency)
