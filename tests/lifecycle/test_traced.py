"""A running server tells a collector what took how long, the last requests before its end too."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.collector import collector
from tests.installed import Filled
from tests.running import PATIENCE, fetch

pytestmark = pytest.mark.slow


def test_requests_and_jobs_arrive_without_an_address(filled: Filled, tmp_path: Path) -> None:
    with collector() as listening:
        place = filled.copy(
            tmp_path, monitoring__otlp_endpoint=listening.url, monitoring__traced_of="1"
        )
        with place.server() as process:
            assert fetch(place.url + filled.feed).status == 200
            listening.wait(2, PATIENCE)  # web and jobs
            for _ in range(2):
                assert fetch(place.url + filled.feed).status == 200
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        sent = b"".join(body for _path, body in listening.bodies)
    assert sent.count(b"GET feed") >= 3
    assert b"job count-downloads" in sent
    assert b"podcast-server-worker" in sent
    token = filled.feed.rpartition("/")[2].partition(".")[0].encode()
    assert len(token) > 40
    assert token[2:18] not in sent
