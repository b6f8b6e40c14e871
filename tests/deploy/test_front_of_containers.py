"""The front of the compose file, before a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, running_front
from tests.deploy.test_fronts import Driven
from tests.installed import SOUND, fill
from tests.running import fetch

pytestmark = pytest.mark.slow


def test_it_brings_feeds_and_audio_and_sends_http_to_https(tmp_path: Path) -> None:
    (tmp_path / "filled").mkdir()
    filled = fill(tmp_path / "filled")
    place = filled.copy(tmp_path, server__trusted_proxies="1", site__public_url="https://localhost")
    example = (DEPLOY / "Caddyfile-containers").read_text()
    for old, new in (
        ("web:8000", f"127.0.0.1:{place.port}"),
        ("{$PODCAST_HOST}", "podcast.example.org"),
    ):
        assert old in example
        example = example.replace(old, new)
    with place.serving(), running_front("caddy", tmp_path / "front", example) as front:
        driven = Driven(front, filled)
        assert driven.ask(filled.feed)[0] == 200
        assert driven.ask(filled.audio[0])[2] == SOUND
        assert driven.ask("/metrics", X_Forwarded_For="127.0.0.1")[0] == 404
        for asked, status in ((filled.feed, 301), ("/shows/harbour", 308)):
            got = fetch(f"http://127.0.0.1:{front.http}{asked}", Host="localhost")
            assert got.status == status
            assert got.headers["Location"] == f"https://localhost{asked}"


def test_it_is_the_one_that_the_compose_file_gives_to_its_front() -> None:
    compose = (DEPLOY / "compose.yaml").read_text()
    assert '"./Caddyfile-containers:/etc/caddy/Caddyfile:ro"' in compose
    assert "PODCAST_HOST: ${PODCAST_HOST:?" in compose
