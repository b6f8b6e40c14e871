"""Errors reported to Sentry: what helps to mend them, and nothing that opens a feed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import SecretStr

from podcast_server.monitoring.error_reports import report_errors
from podcast_server.settings import MonitoringSettings, SettingsError
from tests.collector import Collector, collector

TOKEN = "pf" + "a" * 16 + "0" * 32
PROGRAM = """
import logging, sys
from podcast_server.logs import REQUEST_ID, set_up_logging
from podcast_server.monitoring.error_reports import report_errors
from podcast_server.settings import LogSettings, MonitoringSettings
set_up_logging(LogSettings())
send = report_errors(MonitoringSettings(sentry_dsn=sys.argv[1]))
log, token = logging.getLogger("feeds"), sys.argv[2]
REQUEST_ID.set("abc-1")
log.warning("only a warning")
try:
    password = "correct horse battery staple"
    raise RuntimeError(f"cannot render {token} for (ada@example.org)")
except RuntimeError:
    log.exception("feed %s failed at postgresql://pod:secret-word@db/pod", token)
send()
"""


def reported(listening: Collector) -> tuple[dict[str, Any], bytes]:
    """The one event, and all that was sent."""
    events = []
    for path, body in listening.bodies:
        assert path == "/api/7/envelope/"
        lines = body.split(b"\n")
        heads = [json.loads(line) for line in lines[1::2] if line]
        for head, line in zip(heads, lines[2::2], strict=False):
            if head.get("type") == "event":
                events.append(json.loads(line))
    [event] = events
    return event, b"".join(body for _path, body in listening.bodies)


def test_an_error_is_reported_with_its_request_and_without_secrets() -> None:
    with collector() as listening:
        dsn = f"http://public@127.0.0.1:{listening.port}/7"
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, dsn, TOKEN], capture_output=True, timeout=60, check=True
        )
        assert b"Traceback" in done.stderr  # the log has it as ever
        listening.wait()
        event, everything = reported(listening)
    assert event["tags"] == {"request": "abc-1"}
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "cannot render pf… for (…@…)")
    assert event["logger"] == "feeds"
    for secret in (TOKEN, "secret-word", "correct horse", "ada@example", TOKEN[2:18]):
        assert secret.encode() not in everything
    assert not {"request", "user", "breadcrumbs"} & event.keys()


def test_an_address_that_is_none_is_refused_with_the_setting() -> None:
    with pytest.raises(SettingsError, match="sentry_dsn"):
        report_errors(MonitoringSettings(sentry_dsn=SecretStr("not-an-address")))


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SettingsError, match=r"podcast-server\[sentry\]"):
        report_errors(MonitoringSettings(sentry_dsn=SecretStr("http://public@127.0.0.1:1/7")))


def test_without_an_address_nothing_is_reported() -> None:
    assert report_errors(MonitoringSettings())() is None
