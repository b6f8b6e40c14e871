"""A Checkout Session from open to complete or expired: what happens when the payer pays."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stripe_stand_in import cards
from tests.stripe_stand_in.engine import charging, discounts, invoicing, methods, shapes, totals
from tests.stripe_stand_in.engine.starting import Start, Wanted, start, trial_end_after
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


@dataclass(frozen=True, slots=True)
class Payer:
    """What a person typed on the payment page.

    means: the card or account; None when nothing has to be paid
    confirmed: they passed the bank's question (3-D Secure)
    answers: values of the session's custom fields
    """

    email: str
    means: cards.Means | None = None
    name: str | None = None
    address: Thing | None = None
    confirmed: bool = False
    answers: dict[str, str] = field(default_factory=dict)


class ConfirmationWanted(Exception):
    """The bank wants the holder to confirm before the card is charged."""


def require_open(world: World, session: Thing) -> None:
    """Raises StripeError for a session that was completed or has expired."""
    late = world.now_for(session["customer"]) >= session["expires_at"]
    if late and session["status"] == "open":
        expire(world, session)
    if session["status"] != "open":
        raise invalid("This Checkout Session is no longer available.")


def complete(world: World, session: Thing, payer: Payer) -> None:
    """Pay. Raises StripeError when the card is declined (the session stays open).

    Raises ConfirmationWanted when the bank has to ask first.
    """
    require_open(world, session)
    totals.count(world, session)
    email = _email(world, session, payer)
    if needs_method(session) and payer.means is None:
        raise invalid("A payment method is required.", "payment_method")
    if payer.means is not None and payer.means.asks and not payer.confirmed:
        raise ConfirmationWanted
    method = _method(world, payer, email)
    _take_answers(session, payer)
    if session["mode"] == "subscription":
        _begin_subscription(world, session, payer, email, method)
    else:
        _take_payment(world, session, payer, email, method)
    if method is not None:
        method.pop("_confirmed", None)
    _finish(world, session, payer, email)


def needs_method(session: Thing) -> bool:
    """Whether the page has to ask for a card."""
    if session["amount_total"]:
        return True
    return bool(
        session["mode"] == "subscription" and session["payment_method_collection"] == "always"
    )


def _email(world: World, session: Thing, payer: Payer) -> str:
    customer = world.store.find("customer", session["customer"])
    known = (customer and customer["email"]) or session["customer_email"]
    email: str = known or payer.email
    if "@" not in email:
        raise StripeError("Your email is invalid.", code="email_invalid", param="email")
    return email


def _method(world: World, payer: Payer, email: str) -> Thing | None:
    if payer.means is None:
        return None
    billing = {"address": payer.address, "email": email, "name": payer.name}
    method = methods.new_method(world, payer.means, billing)
    method["_confirmed"] = payer.confirmed
    return method


def _take_answers(session: Thing, payer: Payer) -> None:
    for asked in session["custom_fields"]:
        answer = payer.answers.get(asked["key"], "")
        if not answer and not asked["optional"]:
            raise invalid(f"{asked['label']['custom']} is required.", asked["key"])
        asked[asked["type"]] = asked[asked["type"]] | {"value": answer or None}


def _customer(world: World, session: Thing, payer: Payer, email: str) -> Thing:
    """The session's customer, made now if there is none."""
    from tests.stripe_stand_in.resources.customers import full_address, new_customer

    known = world.store.find("customer", session["customer"])
    if known is None:
        made = new_customer(
            world,
            {"email": email, "name": payer.name or "", "address": payer.address or {}},
        )
        session["customer"] = made["id"]
        return made
    with changing(world, known, "customer.updated"):
        update = session["_customer_update"]
        if update.get("name") == "auto" and payer.name:
            known["name"] = payer.name
        if update.get("address") == "auto" and payer.address:
            known["address"] = full_address(payer.address)
    return known


def _begin_subscription(
    world: World, session: Thing, payer: Payer, email: str, method: Thing | None
) -> None:
    refused = method and charging.refusal(method, present=True)
    if refused:
        raise refused
    customer = _customer(world, session, payer, email)
    if method is not None:
        methods.attach_to(world, method, customer)
    data = session["_subscription_data"]
    now = world.now_for(customer["id"])
    wanted = [
        Wanted(line["price"], line["quantity"], line["metadata"] or {})
        for line in session["_line_items"]
    ]
    settings = data.get("trial_settings", {}).get("end_behavior", {})
    subscription = start(
        world,
        Start(
            customer=customer,
            items=[w for w in wanted if w.price["recurring"]],
            once=[w for w in wanted if not w.price["recurring"]],
            metadata=data.get("metadata", {}),
            description=data.get("description"),
            method=method["id"] if method else None,
            trial_end=data.get("trial_end") or trial_end_after(now, data.get("trial_period_days")),
            missing_method=settings.get("missing_payment_method", "create_invoice"),
            reductions=[session["_reduction"]] if session["_reduction"] else [],
            automatic_tax=session["automatic_tax"]["enabled"],
            billing_mode=data.get("billing_mode", {}).get("type", "flexible"),
            present=True,
        ),
    )
    session["subscription"] = subscription["id"]
    session["invoice"] = subscription["latest_invoice"]
    invoice = world.store.get("invoice", subscription["latest_invoice"])
    paid = "paid" if invoice["status"] == "paid" else "unpaid"
    session["payment_status"] = paid if session["amount_total"] else "no_payment_required"


def _take_payment(
    world: World, session: Thing, payer: Payer, email: str, method: Thing | None
) -> None:
    keeps = session["_payment_intent_data"].get("setup_future_usage")
    if session["customer"] or session["customer_creation"] == "always" or keeps:
        customer = _customer(world, session, payer, email)
        if keeps and method is not None and charging.refusal(method, present=True) is None:
            methods.attach_to(world, method, customer)
    if not session["amount_total"]:
        session["payment_status"] = "no_payment_required"
        _count_redemption(world, session)
        return
    if method is None:
        raise invalid("A payment method is required.", "payment_method")
    intent = _intent(world, session, email)
    outcome = charging.charge(world, intent, method, present=True)
    if outcome == charging.DECLINED:
        refused = charging.refusal(method, present=True)
        raise refused if refused else AssertionError("declined without a reason")
    session["payment_status"] = "paid" if outcome == charging.SUCCEEDED else "unpaid"
    _count_redemption(world, session)
    if session["invoice_creation"]["enabled"] and outcome == charging.SUCCEEDED:
        _add_invoice(world, session, intent)


def _count_redemption(world: World, session: Thing) -> None:
    if session["_reduction"] is not None:
        discounts.redeem(
            world,
            session["_reduction"],
            customer=session["customer"],
            checkout_session=session["id"],
        )


def _intent(world: World, session: Thing, email: str) -> Thing:
    """The session's intent; a declined attempt is continued, not doubled."""
    intent = world.store.find("payment_intent", session["payment_intent"])
    if intent is None:
        data = session["_payment_intent_data"]
        intent = shapes.intent(
            world,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=session["customer"],
            description=data.get("description"),
            metadata=dict(data.get("metadata", {})),
            payment_method_types=list(session["payment_method_types"]),
            receipt_email=data.get("receipt_email"),
            setup_future_usage=data.get("setup_future_usage"),
            shipping=data.get("shipping"),
            statement_descriptor=data.get("statement_descriptor"),
            statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
        )
        session["payment_intent"] = intent["id"]
        emit(world, "payment_intent.created", intent)
    intent |= {"amount": session["amount_total"], "customer": session["customer"]}
    return intent


def _add_invoice(world: World, session: Thing, intent: Thing) -> None:
    """`invoice_creation`: a paid invoice for a one-time payment."""
    from tests.stripe_stand_in.engine import lines

    customer = world.store.find("customer", session["customer"])
    if customer is None:
        return
    charged = [
        lines.for_price(world, line["price"], line["quantity"], line["amount_subtotal"])
        for line in session["_line_items"]
    ]
    invoice = invoicing.draft(world, customer, charged, currency=session["currency"])
    invoicing.settle_with(world, invoice, intent)
    session["invoice"] = invoice["id"]


def _finish(world: World, session: Thing, payer: Payer, email: str) -> None:
    address = methods.NO_ADDRESS | (payer.address or {})
    session |= {
        "collected_information": {
            "business_name": None,
            "individual_name": None,
            "shipping_details": None,
        },
        "customer_details": {
            "address": address,
            "business_name": None,
            "email": email,
            "individual_name": None,
            "name": payer.name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "status": "complete",
        "url": None,
    }
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"
    emit(world, "checkout.session.completed", session)


def expire(world: World, session: Thing) -> None:
    """Open → expired; nobody can pay any more."""
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This one is '
            f"{session['status']}."
        )
    intent = world.store.find("payment_intent", session["payment_intent"])
    if intent is not None:
        charging.cancel(world, intent, "automatic")
    session |= {"status": "expired", "url": None}
    emit(world, "checkout.session.expired", session)


def return_url(session: Thing) -> str:
    """success_url with its placeholder filled in."""
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])
