"""Logging to standard error, with every token made unreadable before it is written."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from podcast_server.settings import LogSettings

# Libraries whose lines help nobody who runs a server, even when looking for an error.
_CHATTY = ("botocore", "boto3", "urllib3", "alembic", "httpx", "huey", "markdown_it", "PIL")
# A token of ours anywhere in a text: its kind, 16 characters of id, 32 of signature.
# No word boundaries: somebody may have typed on after it.
_TOKEN = re.compile(r"(p[fmr])[a-z2-7]{16}[0-9a-f]{32}", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with private tokens replaced by their kind alone."""
    return _TOKEN.sub(r"\1…", text)


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
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return redact(json.dumps(entry, ensure_ascii=False))


def set_up_logging(settings: LogSettings) -> None:
    """Send all logs to standard error in the configured form and level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _JsonFormatter()
        if settings.format == "json"
        else _RedactingFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    # The web server has a handler of its own, which would write tracebacks as they are.
    server = logging.getLogger("_granian")
    server.handlers[:], server.propagate = [], True
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
