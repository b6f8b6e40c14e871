"""The connection: one client per process, its errors in our words, keys that make calls once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe

from podcast_server.billing.errors import ProviderRefused, ProviderUnavailable

# Seconds: more than Stripe needs, less than a browser waits.
TIMEOUT = 20
RETRIES = 2
# What a key of ours looks like tells the mode it belongs to.
_MODES = {"sk_test_": "test", "rk_test_": "test", "sk_live_": "live", "rk_live_": "live"}


def mode_of(secret_key: str) -> str:
    """ "test" or "live". Raises ProviderRefused for something that is no secret key."""
    for beginning, mode in _MODES.items():
        if secret_key.startswith(beginning):
            return mode
    raise ProviderRefused(
        "[stripe] secret_key must begin with sk_test_, sk_live_, rk_test_ or rk_live_"
    )


def open_client(secret_key: str, api_base: str = "") -> stripe.StripeClient:
    """The library's client; ``api_base`` only for tests against a stand-in."""
    # It would write two lines for every request; errors reach the log through us.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base} if api_base else {},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


@contextmanager
def talking() -> Iterator[None]:
    """Stripe's errors in our words. "No such thing" passes as ProviderRefused, too."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnavailable("Stripe cannot be reached at the moment") from error
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise ProviderRefused(_reason(error)) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise ProviderRefused("Stripe does not accept the secret key for this") from error
    except stripe.StripeError as error:
        raise ProviderUnavailable("Stripe has a problem at the moment") from error


def _reason(error: stripe.StripeError) -> str:
    return str(error.user_message or error).replace("\n", " ")[:400]


def is_missing(error: stripe.InvalidRequestError) -> bool:
    """Whether Stripe says that it does not know an id."""
    return error.code == "resource_missing" or error.http_status == 404


def once(kind: str, key: str, params: Mapping[str, Any] | None = None) -> stripe.RequestOptions:
    """Options that let a creating call happen once, however often it is made.

    With ``params`` the content belongs to the key: the same thing under another name is new,
    where Stripe would refuse the reuse of a key.
    """
    text = f"{kind}-{key}"
    if params is not None:
        written = json.dumps(params, sort_keys=True, default=str).encode()
        text += f"-{hashlib.sha256(written).hexdigest()[:12]}"
    return {"idempotency_key": text}
