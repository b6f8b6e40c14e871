"""Is a real account set up for us? Asked by `doctor`, answered in words."""

from __future__ import annotations

from typing import Any

import stripe

from podcast_server.billing.providers.base import Finding
from podcast_server.billing.providers.stripe.client import talking
from podcast_server.billing.providers.stripe.notices import EVENT_TYPES

WEBHOOK_PATH = "/webhooks/stripe"


OUR_VERSION: str = str(stripe.api_version)  # of the library, which all requests name


def check_account(client: stripe.StripeClient, realm: str, public_url: str) -> list[Finding]:
    """Account, webhook endpoint and customer portal. Raises ProviderError."""
    with talking():
        return [
            _account(client, realm),
            _webhook(client, public_url + WEBHOOK_PATH),
            _portal(client),
        ]


def _account(client: stripe.StripeClient, realm: str) -> Finding:
    account = client.v1.accounts.retrieve_current()
    name = account.id if account.business_profile is None else account.business_profile.name
    what = f"{name or account.id} ({realm.partition(':')[2]} mode)"
    if not account.charges_enabled:
        return Finding(
            "stripe account",
            f"{what} cannot take payments yet",
            "finish the questions on https://dashboard.stripe.com/account/onboarding",
        )
    return Finding("stripe account", what)


def _webhook(client: stripe.StripeClient, url: str) -> Finding:
    what = "stripe webhook"
    listed = client.v1.webhook_endpoints.list({"limit": 100})
    ours = [each for each in listed.auto_paging_iter() if each.url.rstrip("/") == url]
    if not ours:
        return Finding(what, f"none sends to {url}", "run `podcast-server payments connect`")
    endpoint = ours[0]
    if endpoint.status != "enabled":
        return Finding(what, "it is switched off", "switch it on in the Stripe dashboard")
    missing = sorted(set(EVENT_TYPES) - set(endpoint.enabled_events))
    if missing and "*" not in endpoint.enabled_events:
        return Finding(
            what,
            f"it does not send {', '.join(missing)}",
            "run `podcast-server payments connect`",
        )
    version: str = endpoint.api_version or ""
    # Of an event only type and id are read, which older versions tell alike.
    if version[:10] > OUR_VERSION[:10]:
        return Finding(
            what,
            f"it speaks API version {version}, which is newer than this server",
            "delete it in the Stripe dashboard and run `podcast-server payments connect`",
        )
    return Finding(what, f"{url}, API version {version or 'of the account'}")


def _portal(client: stripe.StripeClient) -> Finding:
    listed = client.v1.billing_portal.configurations.list({"is_default": True, "active": True})
    if not listed.data:
        return Finding(
            "stripe portal",
            "members cannot change their card yet",
            "save the settings on https://dashboard.stripe.com/settings/billing/portal once",
        )
    if not listed.data[0].features.payment_method_update.enabled:
        return Finding(
            "stripe portal",
            "members may not change their card there",
            "allow it on https://dashboard.stripe.com/settings/billing/portal",
        )
    return Finding("stripe portal", "configured")


def connect_webhook(client: stripe.StripeClient, public_url: str) -> str:
    """Register our webhook endpoint, or complete its events. Returns the new signing secret,
    "" when the endpoint was there before (Stripe shows a secret only once)."""
    url = public_url + WEBHOOK_PATH
    # The library lists both as literals.
    events: list[Any] = list(EVENT_TYPES)
    version: Any = OUR_VERSION
    with talking():
        for each in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter():
            if each.url.rstrip("/") == url:
                client.v1.webhook_endpoints.update(each.id, {"enabled_events": events})
                return ""
        made = client.v1.webhook_endpoints.create(
            {"url": url, "enabled_events": events, "api_version": version}
        )
        return made.secret or ""
