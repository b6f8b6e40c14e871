"""The account itself, its balance, and the movements behind it.

https://docs.stripe.com/api/accounts, https://docs.stripe.com/api/balance
"""

from __future__ import annotations

from collections import Counter

from stripe.params import (
    AccountRetrieveCurrentParams,
    BalanceRetrieveParams,
    BalanceTransactionListParams,
    BalanceTransactionRetrieveParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.store import Thing


def account(call: Call) -> Thing:
    settings = call.world.settings
    return {
        "id": "acct_1StandIn00000000",
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": "Stand-in",
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "individual",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": settings.country,
        "default_currency": settings.default_currency,
        "details_submitted": True,
        "email": "owner@example.com",
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Stand-in", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


def balance(call: Call) -> Thing:
    """What is left after fees, refunds and disputes; everything is available at once."""
    totals = Counter({call.world.settings.default_currency: 0})
    for moved in call.world.store.all("balance_transaction"):
        totals[moved["currency"]] += moved["net"]
    amounts = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(totals.items())
    ]
    nothing = [entry | {"amount": 0, "source_types": {"card": 0}} for entry in amounts]
    return {"object": "balance", "available": amounts, "livemode": False, "pending": nothing}


def retrieve_movement(call: Call) -> Thing:
    return call.world.store.get("balance_transaction", call.id)


def list_movements(call: Call) -> Thing:
    keys = ("type", "source", "currency")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all("balance_transaction", **wanted)
    return page(things, call.params, "/v1/balance_transactions")


ROUTES = [
    route("GET", "/v1/account", account, AccountRetrieveCurrentParams),
    route("GET", "/v1/balance", balance, BalanceRetrieveParams),
    route(
        "GET",
        "/v1/balance_transactions",
        list_movements,
        BalanceTransactionListParams,
        f"{PAGING} type source currency",
    ),
    route(
        "GET",
        "/v1/balance_transactions/{id}",
        retrieve_movement,
        BalanceTransactionRetrieveParams,
    ),
]
