"""Verdicts, reasons and columns in the reader's language."""

from __future__ import annotations

from flask_babel import gettext


def verdict_words(word: str) -> str:
    """What becomes of a row."""
    words = {
        "new": gettext("New member"),
        "renewed": gettext("Member again"),
        "member": gettext("Member already"),
        "skipped": gettext("Skipped"),
        "refused": gettext("Refused"),
        "problem": gettext("Problem"),
    }
    return str(words.get(word, word))


def reason_words(reason: str) -> str:
    """Why."""
    words = {
        "free": gettext("free there, no membership to bring over"),
        "ended": gettext("the membership ended there"),
        "lapsed": gettext("the membership ran out there"),
        "failing": gettext("their payment fails there"),
        "left_out": gettext("their tier is left out"),
        "no_email": gettext("there is no e-mail address"),
        "bad_email": gettext("this is no e-mail address"),
        "too_long": gettext("a cell is too long to be what it should be"),
        "doubled": gettext("the same address came before in this file"),
        "unknown_tier": gettext("nothing says where this tier leads"),
        "bad_date": gettext("a date cannot be read"),
        "unknown_status": gettext("nobody knows what this state means"),
        "adopted": gettext("their payments are known here already"),
        "no_subscription": gettext("there is neither subscription nor customer number"),
        "nothing_running": gettext("the payment provider knows no running subscription of theirs"),
        "unknown_subscription": gettext("the payment provider does not know this subscription"),
        "pays_already": gettext("they already pay for this plan here"),
        "no_plan": gettext("their subscription leads to a show: lead its tier to a plan"),
        "several": gettext("they pay for several things: import the subscriptions instead"),
        "old_feed": gettext("the address of their old feed cannot be read and is left out"),
        "somebody_else": gettext("this subscription belongs to another member here"),
    }
    return str(words.get(reason, reason))


def field_words(field: str) -> str:
    """What a column holds."""
    words = {
        "email": gettext("E-mail address"),
        "name": gettext("Name"),
        "first_name": gettext("First name"),
        "last_name": gettext("Last name"),
        "tier": gettext("Tier or plan"),
        "joined": gettext("Member since"),
        "expires": gettext("Paid until"),
        "status": gettext("State"),
        "free": gettext("Whether it is free"),
        "price": gettext("Stripe price"),
        "customer": gettext("Stripe customer"),
        "subscription": gettext("Stripe subscription"),
        "old_feed": gettext("Old feed address"),
    }
    return str(words.get(field, field))


def state_words(state: str) -> str:
    """How far an import is."""
    words = {
        "draft": gettext("Looked at"),
        "reading": gettext("Under way"),
        "applying": gettext("Under way"),
        "applied": gettext("Brought over"),
        "undoing": gettext("Being taken back"),
        "undone": gettext("Taken back"),
    }
    return str(words.get(state, state))
