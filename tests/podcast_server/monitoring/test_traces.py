"""Traces for a collector: what took how long, and never a private address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from werkzeug.test import Client

from podcast_server.jobs.runner import run_due_jobs
from podcast_server.jobs.schedule import Job
from podcast_server.monitoring.door import kind_of
from podcast_server.monitoring.traces import NOWHERE, Traces, open_traces
from podcast_server.services import Services
from podcast_server.settings import MonitoringSettings
from tests.collector import Collector, collector
from tests.conftest import Clock

TOKEN = "pf" + "a" * 16 + "0" * 32
HOUR = timedelta(hours=1)


@pytest.fixture
def listening() -> Iterator[Collector]:
    with collector() as found:
        yield found


def opened(listening: Collector, **more: Any) -> Traces:
    return open_traces(MonitoringSettings(otlp_endpoint=listening.url, **more), "web")


def spans(listening: Collector) -> list[Span]:
    """All that arrived."""
    found = []
    for path, body in listening.wait():
        assert path == "/v1/traces"
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                found += list(scope.spans)
    return found


def words(span: Span) -> dict[str, object]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("broken")
    start("200 OK", [("X-Request-ID", "abc-1")])
    return [b"here"]


def test_a_request_is_a_span_without_its_address(listening: Collector) -> None:
    traces = opened(listening, traced_of=1)
    Client(traces.around(app, kind_of)).get(f"/f/{TOKEN}.xml?x={TOKEN}")
    traces.close()
    [span] = spans(listening)
    assert span.name == "GET feed"
    assert words(span) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "podcast_server.kind": "feed",
        "podcast_server.request": "abc-1",
    }
    assert span.end_time_unix_nano >= span.start_time_unix_nano
    assert all(TOKEN.encode() not in body for _path, body in listening.bodies)


def test_one_of_so_many_is_traced(listening: Collector) -> None:
    traces = opened(listening, traced_of=10)
    client = Client(traces.around(app, kind_of))
    for _ in range(25):
        assert client.get("/").text == "here"
    traces.close()
    assert len(spans(listening)) == 2


def test_what_breaks_is_an_error_and_breaks_as_ever(listening: Collector) -> None:
    traces = opened(listening, traced_of=1)
    with pytest.raises(RuntimeError, match="broken"):
        Client(traces.around(app, kind_of)).get("/broken")
    traces.close()
    [span] = spans(listening)
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert words(span)["http.response.status_code"] == 500


def test_a_job_is_a_span_and_its_error_is_named_without_its_text(
    listening: Collector, services: Services, clock: Clock
) -> None:
    def fails(_services: Services, _now: object) -> None:
        raise RuntimeError(f"cannot read {TOKEN}")

    fine = Job("fine", HOUR, lambda _services, _now: None)
    broken = Job("broken", HOUR, fails)
    traces = opened(listening)
    assert run_due_jobs(services, clock.now, [fine, broken], traces) == ["fine", "broken"]
    traces.close()
    by_name = {span.name: span for span in spans(listening)}
    assert set(by_name) == {"job fine", "job broken"}
    status = by_name["job broken"].status
    assert status.code == status.STATUS_CODE_ERROR
    assert status.message == "RuntimeError"
    assert all(TOKEN.encode() not in body for _path, body in listening.bodies)


def test_without_a_collector_nothing_is_in_the_way() -> None:
    assert open_traces(MonitoringSettings(), "web") is NOWHERE
    assert NOWHERE.around(app, kind_of) is app


def test_a_collector_that_is_away_costs_no_request() -> None:
    traces = open_traces(MonitoringSettings(otlp_endpoint="http://127.0.0.1:1", traced_of=1), "web")
    assert Client(traces.around(app, kind_of)).get("/").text == "here"
