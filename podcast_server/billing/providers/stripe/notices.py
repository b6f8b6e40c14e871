"""Webhooks: is it really Stripe, is it our mode, and what should we look up?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import stripe

from podcast_server.billing.errors import ForgedNotice, WrongMode
from podcast_server.billing.events import Ref, RefKind

# Seconds a signature may be old: Stripe signs each attempt anew.
TOLERANCE = 300

# What we ask Stripe to send, and where each type's object leads.
EVENT_TYPES: dict[str, RefKind] = {
    "checkout.session.completed": "checkout",
    "checkout.session.async_payment_succeeded": "checkout",
    "checkout.session.async_payment_failed": "checkout",
    "checkout.session.expired": "checkout",
    "customer.subscription.created": "subscription",
    "customer.subscription.updated": "subscription",
    "customer.subscription.deleted": "subscription",
    "customer.subscription.paused": "subscription",
    "customer.subscription.resumed": "subscription",
    "customer.subscription.trial_will_end": "subscription",
    "invoice.paid": "invoice",
    "invoice.payment_failed": "invoice",
    "invoice.payment_action_required": "invoice",
    "invoice.voided": "invoice",
    "invoice.marked_uncollectible": "invoice",
    "charge.refunded": "payment",
    "charge.refund.updated": "payment",
    "charge.dispute.created": "payment",
    "charge.dispute.updated": "payment",
    "charge.dispute.closed": "payment",
    "charge.dispute.funds_withdrawn": "payment",
    "charge.dispute.funds_reinstated": "payment",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A genuine webhook: its id and type, and what to look up (nothing for other types)."""

    ref: str
    type: str
    subject: Ref | None


def read_notice(body: bytes, signature: str, secrets: Iterable[str], realm: str) -> Notice:
    """Check and read one webhook. Raises ForgedNotice, WrongMode.

    Several secrets may stand while one replaces another. Only ids are taken from the body;
    what they stand for is looked up.
    """
    _verify(body, signature, list(secrets))
    try:
        event: Any = json.loads(body)
        ref, kind, livemode = str(event["id"]), str(event["type"]), bool(event["livemode"])
        thing: Any = event["data"]["object"]
    except (ValueError, KeyError, TypeError) as error:
        raise ForgedNotice("this is signed, but no event") from error
    if livemode != realm.endswith(":live"):
        raise WrongMode("this event belongs to the other mode (test or live)")
    return Notice(ref[:255], kind[:80], _subject(kind, thing))


def _verify(body: bytes, signature: str, secrets: list[str]) -> None:
    for secret in secrets:
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
            continue
        return
    raise ForgedNotice("the signature does not belong to this message")


def _subject(kind: str, thing: Any) -> Ref | None:
    what = EVENT_TYPES.get(kind)
    if what is None or not isinstance(thing, dict):
        return None
    found = thing.get("payment_intent") if what == "payment" else thing.get("id")
    return Ref(what, found) if isinstance(found, str) and 0 < len(found) <= 255 else None
