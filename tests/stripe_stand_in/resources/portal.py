"""Customer portal sessions and their configurations.

https://docs.stripe.com/api/customer_portal
"""

from __future__ import annotations

from typing import Any

from stripe.params.billing_portal import (
    ConfigurationCreateParams,
    ConfigurationListParams,
    ConfigurationRetrieveParams,
    ConfigurationUpdateParams,
    SessionCreateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.resources.session_new import check_url
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

_KIND = "billing_portal.configuration"


def new_configuration(world: World, params: dict[str, Any]) -> Thing:
    """A configuration; the first one is the account's default."""
    now = world.now()
    configuration = world.new(
        _KIND,
        {
            "active": True,
            "application": None,
            "business_profile": {
                "headline": None,
                "privacy_policy_url": None,
                "terms_of_service_url": None,
            }
            | (params.get("business_profile") or {}),
            "default_return_url": params.get("default_return_url") or None,
            "features": _features(params.get("features", {})),
            "is_default": not world.store.all(_KIND),
            "login_page": {"enabled": False, "url": None},
            "metadata": merged(None, params.get("metadata")),
            "name": params.get("name") or None,
            "updated": now,
        },
    )
    emit(world, f"{_KIND}.created", configuration)
    return configuration


def _features(given: dict[str, Any]) -> Thing:
    """What the customer may do; absent features are switched off."""
    off: dict[str, Thing] = {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": []},
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {"interval_options": [], "type": "indefinite"},
            "enabled": False,
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }
    features = {name: feature | given.get(name, {}) for name, feature in off.items()}
    products = given.get("subscription_update", {}).get("products")
    if products:
        features["subscription_update"]["products"] = products
    return features


EVERYTHING: Thing = {
    "features": {
        "customer_update": {"allowed_updates": ["email", "address", "name"], "enabled": True},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "default_allowed_updates": ["price"],
            "enabled": True,
            "proration_behavior": "always_invoice",
        },
    }
}


def create_configuration(call: Call) -> Thing:
    return new_configuration(call.world, call.params)


def update_configuration(call: Call) -> Thing:
    world, params = call.world, call.params
    configuration = world.store.get(_KIND, call.id)
    with changing(world, configuration, f"{_KIND}.updated"):
        if "active" in params:
            if configuration["is_default"] and not params["active"]:
                raise invalid("The default configuration cannot be deactivated.", "active")
            configuration["active"] = params["active"]
        if "features" in params:
            features = configuration["features"]
            configuration["features"] = {
                name: feature | params["features"].get(name, {})
                for name, feature in features.items()
            }
        if "business_profile" in params:
            profile = configuration["business_profile"] | params["business_profile"]
            configuration["business_profile"] = profile
        if "default_return_url" in params:
            configuration["default_return_url"] = params["default_return_url"] or None
        if "metadata" in params:
            configuration["metadata"] = merged(configuration["metadata"], params["metadata"])
    return configuration


def retrieve_configuration(call: Call) -> Thing:
    return call.world.store.get(_KIND, call.id)


def list_configurations(call: Call) -> Thing:
    keys = ("active", "is_default")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all(_KIND, **wanted)
    return page(things, call.params, "/v1/billing_portal/configurations")


def create_session(call: Call) -> Thing:
    """Raises StripeError, as a new account does, while no configuration was saved."""
    world, params = call.world, call.params
    if "customer" not in params:
        raise missing("customer")
    customer = living(world, params["customer"])
    configuration = _configuration(world, params.get("configuration"))
    if "return_url" in params:
        check_url(params["return_url"], "return_url")
    flow = _flow(world, params.get("flow_data"), customer)
    session = world.new(
        "billing_portal.session",
        {
            "configuration": configuration["id"],
            "customer": customer["id"],
            "customer_account": None,
            "flow": flow,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url") or configuration["default_return_url"],
            "_secret": world.store.secret(32),
        },
        customer=customer["id"],
    )
    session["url"] = f"{world.base_url}/p/session/test_{session['_secret']}"
    emit(world, "billing_portal.session.created", session)
    return session


def _configuration(world: World, wanted: str | None) -> Thing:
    if wanted is not None:
        return world.store.get(_KIND, wanted, "configuration")
    defaults = world.store.all(_KIND, is_default=True)
    if not defaults:
        raise invalid(
            "You can't create a portal session in test mode until you save your customer portal "
            "settings in test mode."
        )
    return defaults[0]


def _flow(world: World, given: dict[str, Any] | None, customer: Thing) -> Thing | None:
    """A deep link into one task of the portal."""
    if given is None:
        return None
    kind = given["type"]
    names = ("subscription_cancel", "subscription_update", "subscription_update_confirm")
    flow: Thing = {
        "after_completion": given.get("after_completion")
        or {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"},
        "type": kind,
    } | {name: given.get(name) for name in names}
    if kind in names:
        task = given.get(kind)
        if task is None:
            raise missing(f"flow_data[{kind}]")
        where = f"flow_data[{kind}][subscription]"
        subscription = world.store.get("subscription", task["subscription"], where)
        if subscription["customer"] != customer["id"]:
            raise invalid("The subscription does not belong to this customer.", where)
    return flow


_CONFIGURATION = "features.* business_profile.* default_return_url metadata metadata.* name"
_PATH = "/v1/billing_portal/configurations"
ROUTES = [
    route("POST", _PATH, create_configuration, ConfigurationCreateParams, _CONFIGURATION),
    route(
        "GET", _PATH, list_configurations, ConfigurationListParams, f"{PAGING} active is_default"
    ),
    route("GET", f"{_PATH}/{{id}}", retrieve_configuration, ConfigurationRetrieveParams),
    route(
        "POST",
        f"{_PATH}/{{id}}",
        update_configuration,
        ConfigurationUpdateParams,
        f"{_CONFIGURATION} active",
    ),
    route(
        "POST",
        "/v1/billing_portal/sessions",
        create_session,
        SessionCreateParams,
        "customer configuration return_url locale flow_data.*",
    ),
]
