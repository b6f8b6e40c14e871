"""Errors reported to Sentry, or to whoever speaks its language: what is logged as an error.

Only where the operator gives an address, and then the line, the traceback without the values of
variables, and the request's id; never an address, header, cookie or body of a request, nor the
e-mail address of a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from podcast_server.logs import REQUEST_ID, redact
from podcast_server.monitoring.missing import needs
from podcast_server.settings import MonitoringSettings, SettingsError

_MOST_DEPTH = 12
# Of people: databases name them in their errors.
_ADDRESS = re.compile(r"[^\s@\"'()<>,;=]+@[^\s@\"'()<>,;]+")


def report_errors(settings: MonitoringSettings) -> Callable[[], None]:
    """From now on in this process; gives what sends the rest, for its end.

    Raises SettingsError where the library is not installed, or the address is none.
    """
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return lambda: None
    with needs("sentry", "[monitoring] sentry_dsn"):
        import sentry_sdk
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn, Dsn
    try:
        Dsn(dsn)
    except BadDsn as error:
        raise SettingsError("[monitoring] sentry_dsn is no address that Sentry gives") from error
    sentry_sdk.init(
        dsn=dsn,
        # No library is hooked into: their reports would carry addresses with tokens.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None), DedupeIntegration()],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        server_name="",
        before_send=_clean,
    )
    return lambda: sentry_sdk.flush(2.0)


def _clean(event: Any, _hint: dict[str, Any]) -> Any:
    for part in ("request", "user", "breadcrumbs"):
        event.pop(part, None)
    if request_id := REQUEST_ID.get():
        event.setdefault("tags", {})["request"] = request_id
    return _redacted(event, _MOST_DEPTH)


def _redacted(value: Any, depth: int) -> Any:
    """The same with every text redacted; what lies too deep is left out."""
    if isinstance(value, str):
        return _ADDRESS.sub("…@…", redact(value))
    if not isinstance(value, dict | list | tuple):
        return value
    if depth == 0:
        return None
    if isinstance(value, dict):
        return {key: _redacted(each, depth - 1) for key, each in value.items()}
    return [_redacted(each, depth - 1) for each in value]
