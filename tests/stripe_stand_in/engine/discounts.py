"""Coupons and promotion codes turned into discounts, and discounts into amounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.stripe_stand_in import money
from tests.stripe_stand_in.engine.periods import add_intervals
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


@dataclass(frozen=True, slots=True)
class Reduction:
    """A coupon someone may use, by itself or through a promotion code."""

    coupon: Thing
    promotion_code: Thing | None = None

    def __deepcopy__(self, memo: object) -> Reduction:
        """A copied session still means the account's own coupon, whose uses are counted."""
        return self

    def off(self, subtotal: int) -> int:
        """Minor units taken from a subtotal."""
        return off(self.coupon, subtotal)


def off(coupon: Thing, subtotal: int) -> int:
    """Minor units a coupon takes from a subtotal, never more than all of it."""
    if subtotal <= 0:
        return 0
    if coupon["percent_off"] is not None:
        return money.percent(subtotal, coupon["percent_off"])
    return min(subtotal, int(coupon["amount_off"]))


def coupon_is_valid(world: World, coupon: Thing) -> bool:
    spent = coupon["max_redemptions"] is not None and (
        coupon["times_redeemed"] >= coupon["max_redemptions"]
    )
    late = coupon["redeem_by"] is not None and world.now() >= coupon["redeem_by"]
    return not (spent or late)


def promotion_is_valid(world: World, code: Thing) -> bool:
    spent = code["max_redemptions"] is not None and (
        code["times_redeemed"] >= code["max_redemptions"]
    )
    late = code["expires_at"] is not None and world.now() >= code["expires_at"]
    coupon = world.store.find("coupon", code["promotion"]["coupon"])
    return bool(
        code["active"]
        and not spent
        and not late
        and coupon is not None
        and coupon_is_valid(world, coupon)
    )


def read(world: World, given: list[dict[str, Any]], param: str = "discounts") -> list[Reduction]:
    """`discounts[0][coupon]` or `[promotion_code]`. Raises StripeError for what cannot be used."""
    reductions = []
    for index, entry in enumerate(given):
        if len(entry) != 1:
            raise invalid("Each discount takes exactly one of coupon, promotion_code.", param)
        where = f"{param}[{index}]"
        if "promotion_code" in entry:
            code = world.store.get(
                "promotion_code", entry["promotion_code"], f"{where}[promotion_code]"
            )
            if not promotion_is_valid(world, code):
                raise invalid("This promotion code is not active.", f"{where}[promotion_code]")
            coupon = world.store.get("coupon", code["promotion"]["coupon"], param)
            reductions.append(Reduction(coupon, code))
        elif "coupon" in entry:
            coupon = world.store.get("coupon", entry["coupon"], f"{where}[coupon]")
            if not coupon_is_valid(world, coupon):
                raise StripeError(
                    f"Coupon expired: {coupon['id']}", code="coupon_expired", param=param
                )
            reductions.append(Reduction(coupon))
        else:
            raise invalid("The stand-in models coupons and promotion codes only.", where)
    return reductions


def check_currency(reductions: list[Reduction], currency: str) -> None:
    """Raises StripeError for an amount off in another currency than what it is taken from."""
    for reduction in reductions:
        if reduction.coupon["currency"] not in (None, currency):
            raise invalid(
                f"The coupon {reduction.coupon['id']} takes off {reduction.coupon['currency']}, "
                f"but the prices are in {currency}.",
                "discounts",
            )


def find_by_code(
    world: World, typed: str, *, amount: int, currency: str, customer: str | None
) -> Reduction:
    """The promotion code a payer typed. Raises StripeError when it does not apply."""
    for code in world.store.all("promotion_code"):
        if code["code"].casefold() == typed.strip().casefold() and code["active"]:
            return _applicable(world, code, amount, currency, customer)
    raise invalid("This code is invalid.", "promotion_code")


def _applicable(
    world: World, code: Thing, amount: int, currency: str, customer: str | None
) -> Reduction:
    limits = code["restrictions"]
    coupon = world.store.find("coupon", code["promotion"]["coupon"])
    if coupon is None or not promotion_is_valid(world, code):
        raise invalid("This code has expired.", "promotion_code")
    if code["customer"] not in (None, customer):
        raise invalid("This code is not yours.", "promotion_code")
    if coupon["amount_off"] is not None and coupon["currency"] != currency:
        raise invalid("This code is for another currency.", "promotion_code")
    if limits["minimum_amount"] is not None and (
        limits["minimum_amount_currency"] != currency or amount < limits["minimum_amount"]
    ):
        raise invalid("The order is too small for this code.", "promotion_code")
    if limits["first_time_transaction"] and _has_paid(world, customer):
        raise invalid("This code is for new customers only.", "promotion_code")
    return Reduction(coupon, code)


def _has_paid(world: World, customer: str | None) -> bool:
    return customer is not None and any(
        charge["paid"] for charge in world.store.all("charge", customer=customer)
    )


def redeem(world: World, reduction: Reduction, *, customer: str | None, **owner: str) -> Thing:
    """A discount on `subscription=` or `checkout_session=`; counts the redemption."""
    coupon, code = reduction.coupon, reduction.promotion_code
    now = world.now_for(customer)
    end = None
    if coupon["duration"] == "repeating":
        month = {"interval": "month", "interval_count": 1}
        end = add_intervals(now, month, coupon["duration_in_months"])
    with changing(world, coupon, "coupon.updated"):
        coupon["times_redeemed"] += 1
        coupon["valid"] = coupon_is_valid(world, coupon)
    if code is not None:
        with changing(world, code, "promotion_code.updated"):
            code["times_redeemed"] += 1
            code["active"] = promotion_is_valid(world, code)
    discount: Thing = {
        "id": world.store.new_id("discount"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code["id"] if code else None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": now,
        "subscription": None,
        "subscription_item": None,
        "_coupon": dict(coupon),  # a deleted coupon goes on reducing what it was redeemed for
    }
    return world.store.add(discount | owner)


def amounts(world: World, discounts: list[str], subtotal: int, at: int) -> list[Thing]:
    """`total_discount_amounts` of the discounts still running, in the order they apply."""
    taken: list[Thing] = []
    left = subtotal
    for wanted in discounts:
        discount = world.store.get("discount", wanted)
        if discount["end"] is not None and at >= discount["end"]:
            continue
        amount = off(discount["_coupon"], left)
        left -= amount
        taken.append({"amount": amount, "discount": wanted})
    return taken
