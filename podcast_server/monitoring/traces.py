"""Traces for an OpenTelemetry collector: how long requests and jobs take, and which fail.

A span of a request says what kind of thing was asked for, and its id; never the address, which
may be a private feed's. https://opentelemetry.io/docs/specs/otlp/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from podcast_server.monitoring.missing import needs
from podcast_server.settings import MonitoringSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from opentelemetry.trace import Tracer

_ERRORS = "5"  # answers that begin so are the server's fault


class Traces(Protocol):
    """Where spans go."""

    def job(self, name: str) -> Any:
        """A context in which a job runs."""

    def around(self, app: WSGIApplication, kind_of: Callable[[str], str]) -> WSGIApplication:
        """The same application, watched. ``kind_of`` tells what a path is, in few words."""

    def close(self) -> None:
        """Send what waits, for some two seconds at most."""


class _Nowhere:
    """No collector is set: nothing is watched, and nothing costs time."""

    def job(self, name: str) -> Any:
        return nullcontext()

    def around(self, app: WSGIApplication, kind_of: Callable[[str], str]) -> WSGIApplication:
        return app

    def close(self) -> None:
        return


NOWHERE: Traces = _Nowhere()


def open_traces(settings: MonitoringSettings, service: str) -> Traces:
    """As the settings say; ``service`` names the process (web or worker).

    Raises SettingsError where the library is not installed.
    """
    if not settings.otlp_endpoint:
        return NOWHERE
    with needs("otel", "[monitoring] otlp_endpoint"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    provider = TracerProvider(
        resource=Resource({"service.name": f"podcast-server-{service}"}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=2)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return _Collected(provider.get_tracer("podcast_server"), settings.traced_of, provider.shutdown)


class _Collected:
    """Spans for a collector: every job, and one request of ``traced_of``."""

    def __init__(self, tracer: Tracer, traced_of: int, close: Callable[[], None]) -> None:
        self._tracer = tracer
        self._traced_of = traced_of
        self.close = close

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        from opentelemetry.trace import StatusCode

        # Only the kind of an error: its text may name people, and may hold what opens a feed.
        with self._tracer.start_as_current_span(
            f"job {name}", record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def around(self, app: WSGIApplication, kind_of: Callable[[str], str]) -> WSGIApplication:
        from opentelemetry.trace import SpanKind, StatusCode

        seen = 0

        def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            nonlocal seen
            seen += 1
            if seen % self._traced_of:
                return app(environ, start_response)
            began, said = time.time_ns(), ["", ""]

            def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
                ids = [value for name, value in headers if name == "X-Request-ID"]
                said[:] = [status[:3], "".join(ids)]
                if error:
                    return start_response(status, headers, error)
                return start_response(status, headers)

            try:
                return app(environ, start)
            finally:
                method, kind = environ["REQUEST_METHOD"], kind_of(environ["PATH_INFO"])
                span = self._tracer.start_span(
                    f"{method} {kind}",
                    kind=SpanKind.SERVER,
                    start_time=began,
                    attributes={
                        "http.request.method": method,
                        "http.response.status_code": int(said[0] or 500),
                        "podcast_server.kind": kind,
                        "podcast_server.request": said[1],
                    },
                )
                if not said[0] or said[0].startswith(_ERRORS):
                    span.set_status(StatusCode.ERROR)
                span.end()

        return entry
