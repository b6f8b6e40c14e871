"""Where the columns stand in the exports of other hosts, as data.

A preset is recognised by column names that only its host uses. Names are compared without case,
spaces and punctuation, and hosts rename columns: so each field lists every name seen so far, the
newest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

FIELDS = (
    "email",
    "name",
    "first_name",
    "last_name",
    "tier",
    "joined",
    "expires",
    "status",
    "free",
    "price",
    "customer",
    "subscription",
    "old_feed",
)


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of export. ``needs_subscription``: whoever pays has one at the payment provider,
    so who has none there is no member any more."""

    key: str
    title: str
    marks: frozenset[str]
    columns: dict[str, tuple[str, ...]]
    needs_subscription: bool = False
    words: dict[str, str] = field(default_factory=dict)


# What the hosts' words for a membership's state come to. Unknown ones are refused, not guessed.
STATES: dict[str, str] = {
    "active patron": "active",
    "active": "active",
    "available": "active",
    "trialing": "active",
    "trial": "active",
    "in trial": "active",
    "paid": "active",
    "paying": "active",
    "comp": "active",
    "comped": "active",
    "complimentary": "active",
    "gift": "active",
    "lifetime": "active",
    "member": "active",
    "subscribed": "active",
    "yes": "active",
    "true": "active",
    "1": "active",
    "not renewing": "active",
    "free": "free",
    "free member": "free",
    "follower": "free",
    "free subscriber": "free",
    "declined patron": "failing",
    "declined": "failing",
    "past due": "failing",
    "charge failure": "failing",
    "unpaid": "failing",
    "payment failed": "failing",
    "former patron": "ended",
    "former": "ended",
    "canceled": "ended",
    "cancelled": "ended",
    "deactivated": "ended",
    "inactive": "ended",
    "ended": "ended",
    "expired": "ended",
    "lapsed": "ended",
    "deleted": "ended",
    "suspended": "ended",
    "incomplete": "ended",
    "incomplete expired": "ended",
    "unsubscribed": "ended",
    "refunded": "ended",
    "pending": "ended",
    "paused": "ended",
    "no": "ended",
    "false": "ended",
    "0": "ended",
}

PRESETS: tuple[Preset, ...] = (
    Preset(
        "patreon",
        "Patreon",
        frozenset({"patronstatus", "patronagesincedate", "pledgeamount"}),
        {
            "email": ("Email",),
            "name": ("Name",),
            "tier": ("Tier",),
            "joined": ("Patronage Since Date",),
            "expires": ("Access Expiration", "Next Charge Date"),
            "status": ("Patron Status",),
            "free": ("Free Member",),
        },
        # Members who never paid have an empty patron status there.
        words={"": "free"},
    ),
    Preset(
        "stripe_subscriptions",
        "Stripe, subscriptions",
        frozenset({"customerid", "customeremail", "currentperiodendutc"}),
        {
            "email": ("Customer Email",),
            "name": ("Customer Name",),
            "tier": ("Product", "Plan"),
            "joined": ("Start Date (UTC)", "Start (UTC)", "Created (UTC)"),
            "expires": ("Current Period End (UTC)",),
            "status": ("Status",),
            "price": ("Plan", "Price ID", "Price"),
            "customer": ("Customer ID",),
            "subscription": ("id",),
        },
        needs_subscription=True,
    ),
    Preset(
        "stripe_customers",
        "Stripe, customers",
        frozenset({"id", "email", "createdutc", "delinquent"}),
        {
            "email": ("Email",),
            "name": ("Name", "Card Name"),
            "tier": ("Plan",),
            "joined": ("Created (UTC)",),
            "status": ("Status",),
            "customer": ("id",),
        },
        needs_subscription=True,
        words={"": "active"},
    ),
    Preset(
        "memberful",
        "Memberful",
        frozenset({"memberfulid", "fullname", "email"}),
        {
            "email": ("Email",),
            "name": ("Full Name",),
            "first_name": ("First Name",),
            "last_name": ("Last Name",),
            "tier": ("Plan",),
            "joined": ("Created at", "Subscription created at"),
            "expires": ("Expiration date", "Expires at"),
            "status": ("Active", "Status"),
            "customer": ("Stripe Customer ID", "Stripe ID"),
            "old_feed": ("Podcast feed URL", "Private RSS feed", "Feed URL"),
        },
        words={"": "free"},
    ),
    Preset(
        "substack",
        "Substack",
        frozenset({"email", "activesubscription", "expiry", "emaildisabled"}),
        {
            "email": ("email",),
            "name": ("name",),
            "tier": ("plan",),
            "joined": ("first_payment_at", "created_at"),
            "expires": ("expiry",),
            "status": ("active_subscription",),
            "customer": ("stripe_customer_id",),
        },
        words={"false": "free"},
    ),
    Preset(
        "substack_dashboard",
        "Substack",
        frozenset({"email", "type", "startdate", "paidupgradedate"}),
        {
            "email": ("Email",),
            "name": ("Name",),
            "tier": ("Stripe plan", "Plan"),
            "joined": ("Paid upgrade date", "Start date"),
            "expires": ("Expiration date", "Cancel date"),
            "status": ("Type",),
        },
        words={"subscriber": "active", "monthly": "active", "yearly": "active", "author": "active"},
    ),
    Preset(
        "steady",
        "Steady",
        frozenset({"email", "planname", "subscriptionstate", "subscriptionperiod"}),
        {
            "email": ("email",),
            "first_name": ("first_name",),
            "last_name": ("last_name",),
            "tier": ("plan_name",),
            "joined": ("subscribed_at",),
            "expires": ("expires_at", "trial_ends_at"),
            "status": ("subscription_state",),
        },
        words={"guest": "active"},
    ),
    Preset(
        "supercast",
        "Supercast",
        frozenset({"email", "planname", "state", "feedurl"}),
        {
            "email": ("email",),
            "name": ("name",),
            "first_name": ("first_name",),
            "last_name": ("last_name",),
            "tier": ("plan_name",),
            "joined": ("created_at",),
            "expires": ("current_period_end", "expires_at"),
            "status": ("state", "status"),
            "customer": ("stripe_customer_id",),
            "subscription": ("stripe_subscription_id",),
            "old_feed": ("feed_url",),
        },
    ),
)

# Names that mean a field in tables that people make themselves.
PLAIN_NAMES: dict[str, tuple[str, ...]] = {
    "email": ("email", "e-mail", "email address", "mail", "adresse e-mail", "courriel"),
    "name": ("name", "full name", "nom"),
    "first_name": ("first name", "given name", "prénom"),
    "last_name": ("last name", "surname", "family name", "nom de famille"),
    "tier": ("tier", "plan", "plan name", "level", "membership", "formule"),
    "joined": ("joined", "since", "start", "start date", "member since", "created at", "created"),
    "expires": ("expires", "until", "end", "end date", "expires at", "expiry", "expiration"),
    "status": ("status", "state", "active", "statut"),
    "customer": ("stripe customer id", "customer id", "customer"),
    "subscription": ("stripe subscription id", "subscription id", "subscription"),
    "price": ("stripe price id", "price id", "price"),
    "old_feed": ("old feed", "feed", "feed url", "old feed url", "rss", "rss url", "token"),
}


def plain(name: str) -> str:
    """A column's name as it is compared: letters and digits alone."""
    return re.sub(r"[\W_]+", "", name).casefold()


def recognise(headers: Sequence[str]) -> Preset | None:
    """The export these columns belong to, if it is a known one."""
    there = {plain(header) for header in headers}
    return next((preset for preset in PRESETS if preset.marks <= there), None)


def find_preset(key: str) -> Preset | None:
    """The preset of this name."""
    return next((preset for preset in PRESETS if preset.key == key), None)
