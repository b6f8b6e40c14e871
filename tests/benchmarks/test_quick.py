"""Every benchmark runs at a glance: it starts its servers, measures, and prints its rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.__main__ import NAMES
from tests import postgresql
from tests.running import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROWS = {
    "splice": ["300", "1000"],
    "render": ["300", "1000"],
    "presign": ["kept", "botocore"],
    "polling": ["200 gzip ÷ nginx gzip_static", "304 ÷ nginx 304", "enclosure 302, recorded ÷"],
    "publishing": ["publish, 100 members ÷ publish, 10 members", "first poll after it"],
    "memory": ["SQLite"],
    "half_hour": [
        "feed polls",
        "enclosures",
        "webhooks",
        "checkouts, four pages each",
        "from Stripe to the feed",
        "wrong answers, broken connections, lost downloads:",
    ],
    "patience": ["alone", "beside them"],
    "streaming": ["1 listener ÷ 1 listener, nginx", "304 with 5 slow listeners ÷ 304 alone"],
    "hits": ["written", "counted ÷ read", "forgotten"],
    "ingest": ["podcast-server episode add ÷ sha256sum && cp", "peak memory"],
}
PROGRAMS = {
    "polling": ["wrk", "nginx"],
    "memory": ["wrk"],
    "patience": ["nginx", "openssl"],
    "streaming": ["wrk", "nginx"],
}


def test_every_benchmark_is_tried() -> None:
    assert set(ROWS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_prints_its_rows(name: str) -> None:
    for program in PROGRAMS.get(name, []):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    lines = glance("benchmarks", name)
    for row in ROWS[name]:
        [*found] = [line for line in lines if line.strip().startswith(row)]
        assert found, lines
        assert any(character.isdigit() for character in found[0].removeprefix(row))


@pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed")
def test_half_an_hour_has_no_wrong_answer_on_postgresql_and_s3() -> None:
    lines = glance("benchmarks.half_hour", "PostgreSQL")
    assert [line for line in lines if line.startswith("PostgreSQL: ")]
    assert "  wrong answers, broken connections, lost downloads: 0" in lines


def glance(module: str, *words: str) -> list[str]:
    """What a benchmark says at a glance; it may not fail."""
    environ = {key: value for key, value in os.environ.items() if key != "AWS_CA_BUNDLE"}
    done = subprocess.run(
        [sys.executable, "-m", module, "--quick", *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=560,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
