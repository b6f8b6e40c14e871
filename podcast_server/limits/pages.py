"""So many changes a minute through the pages: by account if signed in, else by address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, request

from feeds.delivery.throttle import Shared, Throttle, counted_as
from podcast_server.error_pages import too_often
from podcast_server.settings import LimitSettings

_READING = {"GET", "HEAD", "OPTIONS"}
# Signed by who sends them, in bursts that are not ours to slow down; scripts have a limit of
# their own, by key.
_SIGNED = ("/webhooks/", "/api/")


def install_limits(
    app: Flask,
    settings: LimitSettings,
    shared: Shared | None,
    clock: Callable[[], datetime],
    account_of: Callable[[], str],
) -> None:
    """Answer 429 with Retry-After to whoever changes things faster than any person would.

    ``account_of`` tells whose session this request's cookie opens; nothing for nobody's.
    """
    by_address = Throttle("address", settings.address_per_minute, shared)
    by_account = Throttle("account", settings.account_per_minute, shared)

    def refuse_haste() -> Response | None:
        if request.method in _READING or request.path.startswith(_SIGNED):
            return None
        account = account_of()
        now = clock().timestamp()
        wait = (
            by_account.exceeded(account, now)
            if account
            else by_address.exceeded(counted_as(request.remote_addr or ""), now)
        )
        if not wait:
            return None
        return too_often(wait)

    app.before_request(refuse_haste)
