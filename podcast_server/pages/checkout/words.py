"""Prices and refusals in the visitor's language."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext, ngettext

from podcast_server.billing.errors import (
    AmountRefused,
    BillingError,
    GiftRefused,
    NoSeatLeft,
    NoSuchOffer,
    NotForSale,
    ProviderRefused,
    ProviderUnavailable,
)
from podcast_server.billing.models import Price, Subscription
from podcast_server.i18n import format_day, format_money


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


def per(interval: str, count: int = 1) -> str:
    """How often a price is paid: “a month”, “every 3 months”, “once”."""
    if interval == "day":
        return str(ngettext("a day", "every %(num)d days", count))
    if interval == "week":
        return str(ngettext("a week", "every %(num)d weeks", count))
    if interval == "month":
        return str(ngettext("a month", "every %(num)d months", count))
    if interval == "year":
        return str(ngettext("a year", "every %(num)d years", count))
    return _("once")


def price_words(price: Price) -> str:
    """A price as one reads it on a button: “€5 a month”, “from €3 a month”."""
    amount = price.amount if price.minimum is None else price.minimum
    words = f"{format_money(amount, price.currency)} {per(price.interval, price.interval_count)}"
    return words if price.minimum is None else _("from %(price)s", price=words)


def length_words(price: Price, times: int) -> str:
    """How long a gift lasts: “3 months”, “for ever”."""
    count = price.interval_count * times
    match price.interval:
        case "day":
            return str(ngettext("%(num)d day", "%(num)d days", count))
        case "week":
            return str(ngettext("%(num)d week", "%(num)d weeks", count))
        case "month":
            return str(ngettext("%(num)d month", "%(num)d months", count))
        case "year":
            return str(ngettext("%(num)d year", "%(num)d years", count))
    if price.access_days is not None:
        return str(ngettext("%(num)d day", "%(num)d days", price.access_days))
    return _("for ever")


def paid_words(subscription: Subscription) -> str:
    """What a subscription costs each time, all seats together."""
    total = subscription.amount * subscription.quantity
    every = per(subscription.interval, subscription.interval_count)
    return f"{format_money(total, subscription.currency)} {every}"


def standing_words(subscription: Subscription, grace_ends: datetime | None) -> str:
    """How a subscription stands and what comes next, in one sentence."""
    match subscription.status:
        case "trialing" if subscription.trial_end and not subscription.cancel_at:
            return _(
                "Free until %(day)s, then the first payment.",
                day=format_day(subscription.trial_end),
            )
        case "trialing" | "active" if subscription.cancel_at:
            return _(
                "Cancelled. You hear everything until %(day)s.",
                day=format_day(subscription.cancel_at),
            )
        case "active" if subscription.period_end:
            return _("Next payment on %(day)s.", day=format_day(subscription.period_end))
        case "past_due" if grace_ends:
            return _(
                "The last payment did not go through. You still hear everything until %(day)s.",
                day=format_day(grace_ends),
            )
        case "pending":
            return _("The first payment is on its way.")
        case "ended" if subscription.ended_at:
            return _("Ended on %(day)s.", day=format_day(subscription.ended_at))
        case _:
            return _("Not running at the moment.")


def refusal_words(error: BillingError) -> str:
    """Why something cannot be had, for the visitor."""
    match error:
        case AmountRefused():
            return _("This amount cannot be taken. Look at what the smallest one is.")
        case NoSuchOffer():
            return _("This code is not known. Check it, or go on without.")
        case NotForSale():
            return _("This cannot be had at the moment, or the code no longer works.")
        case GiftRefused():
            return _("This code is not known, or was used before. Check it letter by letter.")
        case NoSeatLeft():
            return _("Every seat of this group is taken. Ask for one more.")
        case ProviderUnavailable():
            return _(
                "The payment service does not answer. Nothing was charged; try again in a moment."
            )
        case ProviderRefused():
            return _("The payment service refused this. Nothing was charged.")
        case _:
            return _("That did not work. Nothing was charged.")
