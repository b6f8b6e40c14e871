"""Everything that can go wrong with money, as one family. The texts are for people."""

from __future__ import annotations


class BillingError(Exception):
    """Base of the family. ``str(error)`` is a sentence a person can act on."""


class AmountRefused(BillingError):
    """The amount or currency cannot be taken."""


class BadOffer(BillingError):
    """A plan, price, collection or coupon cannot be made like this."""


class NoSuchOffer(BillingError):
    """There is no such plan, price, collection or coupon."""


class NotForSale(BillingError):
    """It exists, but cannot be bought now: archived, closed, full, or had already."""


class NotYours(BillingError):
    """The checkout, subscription or gift belongs to somebody else, or does not exist.

    Deliberately one error for both, so that nobody can find out which ids exist.
    """


class GiftRefused(BillingError):
    """The gift code is wrong, used, or was paid back."""


class NoSeatLeft(BillingError):
    """Every seat of the group is taken."""


class ProviderError(BillingError):
    """Base of what a payment provider answers."""


class ProviderUnavailable(ProviderError):
    """The provider cannot be reached or is busy: trying again later may help."""


class ProviderRefused(ProviderError):
    """The provider understood and said no; the text is the provider's reason."""


class ForgedNotice(BillingError):
    """A webhook whose signature is missing, wrong or too old."""


class WrongMode(BillingError):
    """Test money met a live account, or the other way round."""
