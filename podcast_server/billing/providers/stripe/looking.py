"""Asking Stripe how things stand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import stripe

from podcast_server.billing.errors import AmountRefused, WrongMode
from podcast_server.billing.events import Fact, Facts, Ref
from podcast_server.billing.providers.stripe import reading
from podcast_server.billing.providers.stripe.client import is_missing, talking

log = logging.getLogger(__name__)

_PAGE = 100
# A dispute is decided within about four months.
_DISPUTES_LAST = timedelta(days=150)


def _unless_of_others(
    found: stripe.Subscription | stripe.PaymentIntent, read: Callable[[], Fact]
) -> list[Fact]:
    """What it says; nothing of what others sell on the same account for more than we could."""
    try:
        return [read()]
    except AmountRefused as error:
        if reading.order_key_of(found):
            raise
        log.info("%s is not ours and left out: %s", found.id, error)
        return []


class Looking:
    """Reads from one account. Every object's mode is compared with ours."""

    def __init__(
        self, client: stripe.StripeClient, realm: str, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._realm = realm
        self._clock = clock

    def look_up(self, ref: Ref) -> Facts:
        """How it stands now; nothing for ids Stripe does not know."""
        with talking():
            try:
                return self._look_up(ref)
            except stripe.InvalidRequestError as error:
                if is_missing(error):
                    return ()
                raise

    def _look_up(self, ref: Ref) -> list[Fact]:
        match ref.kind:
            case "checkout":
                return self._checkout(self._client.v1.checkout.sessions.retrieve(ref.id))
            case "subscription":
                return self._subscription(ref.id)
            case "invoice":
                return self._invoice(ref.id)
            case "payment":
                return self._payment(ref.id)
            case "checkout_of":
                return self._checkout_of(ref.id)
            case "customer":
                return self._subscriptions_of(ref.id)

    def _checkout(self, session: stripe.checkout.Session) -> list[Fact]:
        as_of = self._clock()
        self._check_mode(livemode=session.livemode)
        fact = reading.checkout_fact(session, self._realm, as_of)
        facts: list[Fact] = [fact]
        if fact.subscription_ref:
            facts += self._subscription(fact.subscription_ref)
        if reading.id_of(session.invoice):
            facts += self._payments_of_invoice(reading.id_of(session.invoice))
        elif fact.payment_ref:
            facts += self._payment(fact.payment_ref)
        return facts

    def _checkout_of(self, ref: str) -> list[Fact]:
        sessions = self._client.v1.checkout.sessions
        found = sessions.list(
            {"subscription": ref} if ref.startswith("sub_") else {"payment_intent": ref}
        )
        return [fact for session in found.data for fact in self._checkout(session)]

    def _subscriptions_of(self, customer: str) -> list[Fact]:
        as_of = self._clock()
        listed = self._client.v1.subscriptions.list(
            {"customer": customer, "limit": _PAGE, "expand": ["data.latest_invoice"]}
        )
        found = listed.auto_paging_iter()
        return [fact for each in found for fact in self._read_subscription(each, as_of)]

    def _subscription(self, ref: str) -> list[Fact]:
        as_of = self._clock()
        found = self._client.v1.subscriptions.retrieve(ref, {"expand": ["latest_invoice"]})
        return self._read_subscription(found, as_of)

    def _read_subscription(self, found: stripe.Subscription, as_of: datetime) -> list[Fact]:
        self._check_mode(livemode=found.livemode)
        unpaid = self._unpaid(found)
        return _unless_of_others(
            found, lambda: reading.subscription_fact(found, unpaid, self._realm, as_of)
        )

    def _unpaid(self, subscription: stripe.Subscription) -> list[stripe.Invoice]:
        """The open invoices; asked for only where there may be some."""
        if subscription.status not in {"active", "past_due"}:
            return []
        latest = subscription.latest_invoice
        if subscription.status == "active" and (
            not isinstance(latest, stripe.Invoice) or latest.status in {"paid", "void"}
        ):
            return []
        listed = self._client.v1.invoices.list(
            {"subscription": subscription.id, "status": "open", "limit": _PAGE}
        )
        return list(listed.auto_paging_iter())

    def _invoice(self, ref: str) -> list[Fact]:
        invoice = self._client.v1.invoices.retrieve(ref)
        subscription_ref = reading.subscription_ref_of(invoice)
        if not subscription_ref:
            return []
        return self._subscription(subscription_ref) + self._payments_of_invoice(ref)

    def _payments_of_invoice(self, ref: str) -> list[Fact]:
        listed = self._client.v1.invoice_payments.list({"invoice": ref})
        refs = [reading.id_of(each.payment.payment_intent) for each in listed.data]
        return [fact for each in refs if each for fact in self._payment(each)]

    def _payment(self, ref: str) -> list[Fact]:
        as_of = self._clock()
        intent = self._client.v1.payment_intents.retrieve(ref, {"expand": ["latest_charge"]})
        self._check_mode(livemode=intent.livemode)
        return self._read_payment(intent, self._invoice_of(intent), as_of)

    def _read_payment(
        self, intent: stripe.PaymentIntent, invoice: stripe.Invoice | None, as_of: datetime
    ) -> list[Fact]:
        charge = intent.latest_charge
        disputes = []
        if isinstance(charge, stripe.Charge) and charge.disputed:
            disputes = self._client.v1.disputes.list({"payment_intent": intent.id}).data
        return _unless_of_others(
            intent, lambda: reading.payment_fact(intent, invoice, disputes, self._realm, as_of)
        )

    def _invoice_of(self, intent: stripe.PaymentIntent) -> stripe.Invoice | None:
        if reading.order_key_of(intent):
            return None  # a single sale: we mark those ourselves, and they have no invoice
        listed = self._client.v1.invoice_payments.list(
            {
                "payment": {"type": "payment_intent", "payment_intent": intent.id},
                "expand": ["data.invoice"],
            }
        )
        invoices = [each.invoice for each in listed.data]
        return next((each for each in invoices if isinstance(each, stripe.Invoice)), None)

    def walk(self, since: datetime) -> Iterator[Facts]:
        """All subscriptions; payments, refunds and disputes since."""
        with talking():
            yield from self._walk_subscriptions()
            yield from self._walk_payments(since)
            yield from self._walk_reversals(since)

    def _walk_subscriptions(self) -> Iterator[Facts]:
        as_of = self._clock()
        listed = self._client.v1.subscriptions.list(
            {"status": "all", "limit": _PAGE, "expand": ["data.latest_invoice"]}
        )
        for subscription in listed.auto_paging_iter():
            yield self._read_subscription(subscription, as_of)

    def _walk_payments(self, since: datetime) -> Iterator[Facts]:
        as_of = self._clock()
        listed = self._client.v1.invoice_payments.list(
            {
                "created": {"gte": int(since.timestamp())},
                "limit": _PAGE,
                "expand": ["data.invoice", "data.payment.payment_intent.latest_charge"],
            }
        )
        for each in listed.auto_paging_iter():
            intent, invoice = each.payment.payment_intent, each.invoice
            if isinstance(intent, stripe.PaymentIntent) and isinstance(invoice, stripe.Invoice):
                yield self._read_payment(intent, invoice, as_of)

    def _walk_reversals(self, since: datetime) -> Iterator[Facts]:
        seen: set[str] = set()
        refunds = self._client.v1.refunds.list(
            {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        )
        disputes = self._client.v1.disputes.list(
            {"created": {"gte": int((since - _DISPUTES_LAST).timestamp())}, "limit": _PAGE}
        )
        for refund in refunds.auto_paging_iter():
            seen.add(reading.id_of(refund.payment_intent))
        for dispute in disputes.auto_paging_iter():
            seen.add(reading.id_of(dispute.payment_intent))
        for ref in sorted(seen - {""}):
            yield self._payment(ref)

    def _check_mode(self, *, livemode: bool) -> None:
        if livemode != self._realm.endswith(":live"):
            raise WrongMode("Stripe answered with an object of the other mode")
