"""The studio's words for states and audiences."""

from __future__ import annotations

from flask_babel import gettext


def status_words(status: str) -> str:
    """The state of an episode."""
    words = {
        "draft": gettext("Draft"),
        "scheduled": gettext("Scheduled"),
        "published": gettext("Published"),
        "withdrawn": gettext("Withdrawn"),
        "deleted": gettext("Deleted"),
    }
    return str(words.get(status, status))


def audience_words(audience: str) -> str:
    """Who may hear an episode."""
    words = {
        "free": gettext("Everyone"),
        "members": gettext("Members"),
        "tiers": gettext("Certain tiers"),
        "sale": gettext("For sale"),
    }
    return str(words.get(audience, audience))


def ledger_words(action: str) -> str:
    """What happened to a membership or a feed."""
    words = {
        "given": gettext("given"),
        "changed": gettext("changed"),
        "ended": gettext("ended"),
        "feed_replaced": gettext("feed reset"),
        "feed_revoked": gettext("feed closed"),
    }
    return str(words.get(action, action))


def standing_words_of(state: str) -> str:
    """How a member stands."""
    words = {
        "member": gettext("Member"),
        "card_failing": gettext("Card failing"),
        "lapsed": gettext("Ended"),
        "free": gettext("Free feed"),
    }
    return str(words.get(state, state))
