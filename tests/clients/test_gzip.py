"""What curl and a browser make of a spliced feed, over a real connection."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from episodes.models import Show
from podcast_server.services import now_utc
from tests.browser import chromium
from tests.builders import build_episode
from tests.installed import TOKEN, fill
from tests.running import PATIENCE, fetch

pytestmark = pytest.mark.slow
EPISODES = 60


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a feed that many tokens are spliced into, on a running server."""
    filled = fill(tmp_path_factory.mktemp("filled"))
    place = filled.copy(tmp_path_factory.mktemp("gzip"))
    with place.services() as services, services.sessions.begin() as session:
        show = session.scalars(select(Show)).one()
        for number in range(EPISODES):
            notes = f"Of the harbour, part {number}. " * 60
            build_episode(session, services.storage, show, now_utc(), notes=notes)
    with place.server("--no-jobs"):
        yield place.url + filled.feed


def curl(*options: str | Path) -> bytes:
    command = ["curl", "--silent", "--fail", "--show-error", *map(str, options)]
    return subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout


def test_curl_unpacks_the_feed_to_what_it_gets_plain(feed: str, tmp_path: Path) -> None:
    plain = curl(feed)
    headers = tmp_path / "headers"
    assert curl("--compressed", "--dump-header", headers, feed) == plain
    assert "content-encoding: gzip" in headers.read_text().lower()
    # Enclosure, its own address and the like: every episode holds a token.
    assert len(re.findall(TOKEN.encode(), plain)) > EPISODES


def test_a_browser_unpacks_the_feed_to_what_curl_gets_plain(feed: str) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(feed.partition("/f/")[0] + "/robots.txt")
        coding, text = page.evaluate(
            """async address => {
                const answer = await fetch(address, {cache: "no-store"});
                return [answer.headers.get("Content-Encoding"), await answer.text()];
            }""",
            feed,
        )
    assert coding == "gzip"
    assert text.encode() == fetch(feed).body
