"""Look something up at its provider and bring rows and rights in line with it.

The one path that webhooks, the return page, our own changes and reconcile all take.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.bookkeeping import Written, write_facts
from podcast_server.billing.entitle import entitle_purchase, entitle_subscription
from podcast_server.billing.events import Facts, Ref
from podcast_server.billing.till import Terms, Till

# A payment leads to its subscription, that to its checkout: no chain is longer.
_STEPS = 4


def settle(till: Till, realm: str, ref: Ref, cause: Cause, now: datetime) -> Written:
    """Ask the provider how ``ref`` stands and apply it. Idempotent.

    Raises ProviderError. Own transactions: call it outside of any.
    """
    provider = till.provider_of(realm)
    wanted = [ref]
    written = Written()
    for _ in range(_STEPS):
        facts: Facts = [fact for each in wanted for fact in provider.look_up(each)]
        with till.sessions.begin() as session:
            written = apply_facts(session, till.terms, facts, cause, now)
        missing = [each for each in written.missing if each not in wanted]
        if not missing:
            break
        wanted = [*missing, *wanted]
    return written


def apply_facts(
    session: Session, terms: Terms, facts: Facts, cause: Cause, now: datetime
) -> Written:
    """Write facts down and bring the rights that hang on them in line."""
    written = write_facts(session, facts, terms.gift_secret, now)
    for subscription in written.subscriptions.values():
        entitle_subscription(session, terms, subscription, cause, now)
    for purchase in written.purchases.values():
        entitle_purchase(session, terms, purchase, cause, now)
    return written
