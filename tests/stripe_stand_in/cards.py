"""Stripe's published test cards, tokens and bank accounts, and how each one behaves.

https://docs.stripe.com/testing. One deliberate difference: a payment page accepts the first charge
of 4000 0000 0000 0341, so that a membership can begin and then fail at its renewal; Stripe itself
declines every charge of that card.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Means:
    """A card or bank account: how it looks and what happens when it is charged.

    decline: the decline code of every charge, also of adding it, unless only_later is set
    only_later: adding it and paying in person work, charging it in the background does not
    asks: the holder must confirm (3-D Secure) when present
    disputes: the charge succeeds and is disputed at once; inquiry: the bank only asks about it
    delayed: the money arrives or bounces days later; bounces says which
    """

    number: str
    brand: str = "visa"
    decline: str | None = None
    only_later: bool = False
    asks: bool = False
    disputes: bool = False
    inquiry: bool = False
    delayed: bool = False
    bounces: bool = False
    kind: str = "card"

    @property
    def error_code(self) -> str:
        own = ("expired_card", "incorrect_cvc", "processing_error")
        return self.decline if self.decline in own else "card_declined"


CARDS = {
    card.number: card
    for card in (
        Means("4242424242424242"),
        Means("5555555555554444", "mastercard"),
        Means("378282246310005", "amex"),
        Means("4000000000000002", decline="generic_decline"),
        Means("4000000000009995", decline="insufficient_funds"),
        Means("4000000000009987", decline="lost_card"),
        Means("4000000000000069", decline="expired_card"),
        Means("4000000000000127", decline="incorrect_cvc"),
        Means("4000000000000119", decline="processing_error"),
        Means("4000000000000341", decline="generic_decline", only_later=True),
        Means("4000002760003184", asks=True),
        Means("4000000000003220", asks=True),
        Means("4000000000000259", disputes=True),
        Means("4000000000001976", disputes=True, inquiry=True),
    )
}

TOKENS = {
    "visa": "4242424242424242",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "chargeDeclined": "4000000000000002",
    "visa_chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequired": "4000002760003184",
    "threeDSecure2Required": "4000002760003184",
    "createDispute": "4000000000000259",
    "createDisputeInquiry": "4000000000001976",
    "bypassPending": "4242424242424242",
}

_BANK = "STRIPE TEST BANK"
ACCOUNTS = {
    bank.number: bank
    for bank in (
        Means("000123456789", _BANK, delayed=True, kind="us_bank_account"),
        Means("000111111116", _BANK, delayed=True, bounces=True, kind="us_bank_account"),
        Means("AT611904300234573201", _BANK, delayed=True, kind="sepa_debit"),
        Means("AT321904300235473204", _BANK, delayed=True, kind="sepa_debit"),
        Means("AT861904300235473202", _BANK, delayed=True, bounces=True, kind="sepa_debit"),
        Means("IT60X0542811101000000123456", _BANK, delayed=True, bounces=True, kind="sepa_debit"),
        Means("00012345", _BANK, delayed=True, kind="bacs_debit"),
        Means("33333335", _BANK, delayed=True, bounces=True, kind="bacs_debit"),
    )
}
DEBITS = {"usd": "us_bank_account", "eur": "sepa_debit", "gbp": "bacs_debit"}


def by_number(number: str) -> Means | None:
    """A card by its number, spaces ignored; None for a number that is not a test card."""
    return CARDS.get("".join(number.split()))


def working_account(kind: str) -> Means:
    """The account of this kind whose debits arrive."""
    return next(bank for bank in ACCOUNTS.values() if bank.kind == kind and not bank.bounces)


def by_token(token: str) -> Means | None:
    """`tok_visa` or `pm_card_visa`."""
    name = token.removeprefix("tok_").removeprefix("pm_card_")
    return CARDS.get(TOKENS.get(name, ""))


def of(number: str) -> Means:
    """The means of payment a stored payment method was made from."""
    return CARDS.get(number) or ACCOUNTS[number]
