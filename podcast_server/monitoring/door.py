"""The outermost door of a worker: a request id for every request, counters, and what machines ask.

``/health``, ``/ready`` and ``/metrics`` are answered here, before the host check of the pages,
because an orchestrator asks by bare address.
"""

from __future__ import annotations

import hmac
import ipaddress
import itertools
import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feeds.downloads.record import BufferStats
from podcast_server.logs import REQUEST_ID
from podcast_server.monitoring.metrics import metrics_text
from podcast_server.monitoring.readiness import Readiness, look
from podcast_server.monitoring.tally import Tally, TallyFolder
from podcast_server.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEEP_READINESS = 2.0  # seconds: so that anybody may ask without wearing the storage out
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_KINDS = {
    "f": "feed",
    "m": "audio",
    "listen": "audio",
    "art": "artwork",
    "covers": "artwork",
    "studio": "studio",
    "webhooks": "webhook",
    "static": "static",
}


class Monitor:
    """What the door needs to answer for one worker."""

    def __init__(
        self,
        services: Services,
        hits: Callable[[], BufferStats],
        clock: Callable[[], datetime],
    ) -> None:
        self._services = services
        self._hits = hits
        self._clock = clock
        self._token = services.settings.monitoring.token.get_secret_value()
        self._looked: tuple[float, Readiness] | None = None
        self._looking = threading.Lock()
        self.tally = Tally()
        self.folder = TallyFolder(services.settings.data / "cache" / "counters", self.tally)

    def readiness(self) -> Readiness:
        """How things stand, at most two seconds old; one look at a time."""
        with self._looking:
            now = time.monotonic()
            if self._looked is None or now - self._looked[0] > KEEP_READINESS:
                self._looked = (now, look(self._services, self._clock()))
            return self._looked[1]

    def metrics(self) -> bytes:
        """The numbers of all workers of this machine."""
        workers = self.folder.all()
        return metrics_text(self._services, workers, self._hits(), self._clock())

    def may_read_metrics(self, environ: WSGIEnvironment) -> bool:
        """Who knows the token; where none is set, whoever asks from this machine itself."""
        if self._token:
            given = environ.get("HTTP_AUTHORIZATION", "").encode()
            return hmac.compare_digest(given, f"Bearer {self._token}".encode())
        # A front on this machine asks for others, and says so.
        forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
        connected = environ.get("werkzeug.proxy_fix.orig", environ)
        return not forwarded and _is_loopback(connected.get("REMOTE_ADDR") or "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def monitored(app: WSGIApplication, monitor: Monitor, *, trust_ids: bool) -> WSGIApplication:
    """``app`` behind this door. ``trust_ids``: our own front names requests (X-Request-ID)."""
    # Looked up once: this is in the way of every answer.
    next_number, start_of_ids = itertools.count(1).__next__, secrets.token_hex(4) + "-"
    clock, count = time.perf_counter, monitor.tally.add

    def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = clock()
        given = environ.get("HTTP_X_REQUEST_ID") if trust_ids else None
        known = given if given and _ID.match(given) else None
        request_id = known or f"{start_of_ids}{next_number():x}"
        path = environ["PATH_INFO"]

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            count(kind_of(path), int(status[:3]), clock() - began)
            headers = [*headers, ("X-Request-ID", request_id)]
            if error:
                return start_response(status, headers, error)
            return start_response(status, headers)

        mark = REQUEST_ID.set(request_id)
        try:
            answer = _QUESTIONS.get(path)
            if answer is not None:
                return answer(monitor, environ, start)
            return app(environ, start)
        finally:
            REQUEST_ID.reset(mark)

    return entry


def kind_of(path: str) -> str:
    """What kind of thing a path is, in few words: metrics must not grow with addresses."""
    first = path[1:].partition("/")[0]
    if first == "shows" and path.endswith("/feed.xml"):
        return "public_feed"
    return _KINDS.get(first, "page")


def _health(_monitor: Monitor, _environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    return _say(start, "200 OK", b"alive\n", "text/plain; charset=utf-8")


def _ready(monitor: Monitor, _environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    found = monitor.readiness()
    status = "200 OK" if found.ready else "503 Service Unavailable"
    body = json.dumps({"ready": found.ready, **asdict(found)}).encode()
    return _say(start, status, body, "application/json")


def _metrics(monitor: Monitor, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    if not monitor.may_read_metrics(environ):
        return _say(start, "404 Not Found", b"not here\n", "text/plain; charset=utf-8")
    return _say(start, "200 OK", monitor.metrics(), METRICS_TYPE)


def _say(start: StartResponse, status: str, body: bytes, kind: str) -> list[bytes]:
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start(status, [*headers, ("Cache-Control", "no-store")])
    return [body]


_QUESTIONS: dict[str, Callable[[Monitor, Any, Any], list[bytes]]] = {
    "/health": _health,
    "/ready": _ready,
    "/metrics": _metrics,
}
