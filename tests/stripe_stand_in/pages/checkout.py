"""The payment page of a Checkout Session."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tests.stripe_stand_in import cards, money
from tests.stripe_stand_in.engine import checkout, discounts, totals
from tests.stripe_stand_in.errors import StripeError, declined, invalid
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

Page = str | Response | tuple[str, int]


def blueprint(world: World) -> Blueprint:
    """GET and POST of /c/pay/<session>."""
    pages = Blueprint("checkout", __name__)

    @pages.route("/c/pay/<session_id>", methods=["GET", "POST"])
    def pay(session_id: str) -> Page:
        with world.lock:
            session = world.store.find("checkout.session", session_id)
            if session is None:
                return render_template("gone.html", words="There is nothing here."), 404
            try:
                checkout.require_open(world, session)
            except StripeError as error:
                return render_template("gone.html", words=error.message), 410
            if request.method == "GET":
                return _show(world, session)
            return _act(world, session, request.form)

    return pages


def _act(world: World, session: Thing, form: MultiDict[str, str]) -> Page:
    typed = form.to_dict()
    try:
        match form.get("action"):
            case "code":
                _apply_code(world, session, form.get("code", ""))
            case "quantity":
                quantity = int(form["quantity"]) if form["quantity"].isdecimal() else 0
                totals.choose_quantity(session, form["line"], quantity)
            case "pay":
                pay_with_form(world, session, typed)
                return redirect(checkout.return_url(session), code=303)
    except checkout.ConfirmationWanted:
        return render_template("confirm.html", typed=typed)
    except StripeError as error:
        return _show(world, session, error=error.message, typed=typed), 402
    totals.count(world, session)
    return redirect(request.url, code=303)


def _apply_code(world: World, session: Thing, typed: str) -> None:
    if not session["allow_promotion_codes"]:
        raise invalid("This session takes no promotion codes.")
    session["_reduction"] = None
    totals.count(world, session)
    reduction = discounts.find_by_code(
        world,
        typed,
        amount=session["amount_subtotal"],
        currency=session["currency"],
        customer=session["customer"],
    )
    code = reduction.promotion_code
    session["_reduction"] = reduction
    session["discounts"] = [
        {"coupon": reduction.coupon["id"], "promotion_code": code and code["id"]}
    ]


def pay_with_form(world: World, session: Thing, typed: dict[str, str]) -> None:
    """What pressing the button does. Raises StripeError with words for the payer."""
    if "amount" in typed:
        amount = money.parse_amount(typed["amount"], session["currency"])
        if amount is None:
            raise invalid("Please enter an amount.", "amount")
        totals.choose_amount(session, amount)
        totals.count(world, session)
    answered = typed.get("confirmed")
    if answered == "no":
        raise declined("authentication_required")
    address = {
        key: typed[key] for key in ("country", "line1", "city", "postal_code") if typed.get(key)
    }
    if session["billing_address_collection"] == "required" and not address.get("line1"):
        raise invalid("Please enter your address.", "line1")
    payer = checkout.Payer(
        email=typed.get("email", ""),
        means=_means(session, typed) if checkout.needs_method(session) else None,
        name=typed.get("name") or None,
        address=address or None,
        confirmed=answered == "yes",
        answers={k.removeprefix("field_"): v for k, v in typed.items() if k.startswith("field_")},
    )
    checkout.complete(world, session, payer)


def _means(session: Thing, typed: dict[str, str]) -> cards.Means:
    if typed.get("method") == "bank":
        bank = cards.ACCOUNTS.get(typed.get("account", ""))
        if bank is None or bank.kind != _delayed(session):
            raise invalid("This bank account cannot be used.", "account")
        return bank
    card = cards.by_number(typed.get("card", ""))
    if card is None or "card" not in session["payment_method_types"]:
        raise invalid("Your card number is invalid.", "card", "incorrect_number")
    return card


def _delayed(session: Thing) -> str | None:
    """The kind of bank debit the session offers."""
    kinds = cards.DEBITS.values()
    return next((kind for kind in session["payment_method_types"] if kind in kinds), None)


def _show(
    world: World, session: Thing, error: str | None = None, typed: dict[str, str] | None = None
) -> str:
    currency = session["currency"]
    customer = world.store.find("customer", session["customer"])
    custom = [line for line in session["_line_items"] if line["price"]["custom_unit_amount"]]
    code = session["_reduction"] and session["_reduction"].promotion_code
    address = session["billing_address_collection"] == "required"
    debit = _delayed(session)
    return render_template(
        "checkout.html",
        session=session,
        lines=session["_line_items"],
        error=error,
        typed=typed or {},
        money=lambda amount: money.format_amount(amount, currency),
        unit=lambda line: money.format_amount(line["price"]["unit_amount"], currency),
        email=(customer and customer["email"]) or session["customer_email"],
        custom=_preset(session, currency) if custom else None,
        asks_method=checkout.needs_method(session) or bool(custom),
        asks_address=address or session["automatic_tax"]["enabled"],
        delayed=debit,
        account=debit and cards.working_account(debit).number,
        code=code and code["code"],
        trial=_trial_words(session),
        **_words(session),
    )


def _preset(session: Thing, currency: str) -> str:
    if session["_amount"] is None:
        return ""
    return money.format_amount(session["_amount"], currency).partition(" ")[0].replace(",", "")


def _trial_words(session: Thing) -> str | None:
    days = session["_subscription_data"].get("trial_period_days")
    return f"{days} days free, then the price above." if days else None


def _words(session: Thing) -> dict[str, Any]:
    if session["mode"] == "subscription":
        button = "Start trial" if session["_trial"] else "Subscribe"
        return {"heading": "Subscribe", "button": button}
    button = {"donate": "Donate", "book": "Book"}.get(session["submit_type"] or "", "Pay")
    return {"heading": "Pay", "button": button}
