"""Logging to standard error: each line with the id of its request, every secret unreadable."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from podcast_server.settings import LogSettings

# Libraries whose lines help nobody who runs a server, even when looking for an error.
_CHATTY = ("botocore", "boto3", "urllib3", "alembic", "httpx", "huey", "markdown_it", "PIL")
# A token of ours anywhere in a text: its kind, 16 characters of id, 32 of signature.
# No word boundaries: somebody may have typed on after it.
_TOKEN = re.compile(r"(p[fmr])[a-z2-7]{16}[0-9a-f]{32}", re.IGNORECASE)
# Keys of the payment provider, passwords in addresses, and what stands in such headers.
_SECRETS = re.compile(
    r"((?:sk|rk)_(?:live|test)_|whsec_|psk_|://[^\s:/@]*:(?=[^\s/]*@)|\b(?:Bearer|Basic) )"
    r"[^\s@\"',;]+"
)
# Which request the running thread works on; "" outside of requests.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


def redact(text: str) -> str:
    """The text with private tokens and keys replaced by their kind alone."""
    return _SECRETS.sub(r"\1…", _TOKEN.sub(r"\1…", text))


class _RequestFilter(logging.Filter):
    """Puts the request's id into every record, libraries' too."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = REQUEST_ID.get()
        record.request = request
        record.in_request = f" [{request}]" if request else ""
        return True


class _RedactingFormatter(logging.Formatter):
    """Formats first and redacts last, so arguments and tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := getattr(record, "request", ""):
            entry["request"] = request
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return redact(json.dumps(entry, ensure_ascii=False))


def set_up_logging(settings: LogSettings) -> None:
    """Send all logs to standard error in the configured form and level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RequestFilter())
    handler.setFormatter(
        _JsonFormatter()
        if settings.format == "json"
        else _RedactingFormatter("%(asctime)s %(levelname)-7s %(name)s%(in_request)s: %(message)s")
    )
    # The web server has a handler of its own, which would write tracebacks as they are.
    server = logging.getLogger("_granian")
    server.handlers[:], server.propagate = [], True
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
