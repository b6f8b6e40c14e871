"""However requests end, no log line of the real server holds a token."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installed import TOKEN, Filled
from tests.running import PATIENCE, Installation, fetch

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Driven:
    """The log of a server that met everything, as text and as the entries in it."""

    text: str
    entries: list[dict[str, str]]


def drive_requests(url: str, filled: Filled) -> None:
    """Every private route in every way, and tokens where they do not belong."""
    feed, audio = url + filled.feed, url + filled.audio[0]
    whole = fetch(feed)
    fetch(feed, If_None_Match=whole.headers["ETag"])
    for path in (feed, audio, f"{url}{filled.media}/renew", f"{url}{filled.media}/nosuch.mp3"):
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            fetch(path, method)
    for asked in ("bytes=0-1", "bytes=-5", "bytes=9999999-", "bytes=x"):
        fetch(audio, Range=asked)
    for path in (feed + "x", feed + "/more", feed.upper().replace("HTTP", "http"), feed + "%00"):
        with contextlib.suppress(OSError, http.client.HTTPException):
            fetch(path)
    for path in ("/", "/shows/harbour", "/nowhere" + filled.feed, "/shows" + filled.feed):
        fetch(f"{url}{path}?from={filled.feed}", Referer=feed, User_Agent=f"App {filled.feed}")


def hang_up_in_the_middle(place: Installation, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
    connection.request("GET", path)
    connection.getresponse().read(10)
    connection.close()


def drive_failures(place: Installation, filled: Filled) -> None:
    """Audio that is gone, and a database in which a table is gone."""
    shutil.rmtree(place.folder / "data" / "storage" / "shows")
    assert fetch(place.url + filled.audio[0]).status == 503
    with contextlib.closing(sqlite3.connect(place.folder / "data/podcast.sqlite3")) as database:
        database.execute("ALTER TABLE shows RENAME TO elsewhere")
    for path in (filled.feed, filled.audio[0]):
        assert fetch(place.url + path).status == 503
    assert fetch(f"{place.url}/shows/harbour?from={filled.feed}").status == 503


@pytest.fixture(scope="module")
def driven(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    place = filled.copy(
        tmp_path_factory.mktemp("driven"),
        log__level="debug",
        log__format="json",
        feeds__guesses_per_minute="5",
        feeds__remembered="0",  # or nobody would notice the table that is gone
    )
    with place.server():
        drive_requests(place.url, filled)
        hang_up_in_the_middle(place, filled.audio[1])
        for _ in range(8):
            fetch(f"{place.url}{filled.feed[:-1]}0")
        drive_failures(place, filled)
    text = place.log.read_text()
    greeting = ("Serving ", "Nobody has set the studio up")
    lines = [line for line in text.splitlines() if not line.startswith(greeting)]
    return Driven(text, [json.loads(line) for line in lines if line])


def test_no_line_holds_a_token(driven: Driven) -> None:
    assert not re.search(TOKEN, driven.text, re.IGNORECASE)


def test_the_failures_are_there_with_their_tracebacks(driven: Driven) -> None:
    failures = [entry for entry in driven.entries if "error" in entry]
    assert "feeds.delivery.door" in {entry["logger"] for entry in failures}
    assert "podcast_server.error_pages" in {entry["logger"] for entry in driven.entries}
    told = "\n".join(entry["message"] + entry["error"] for entry in failures)
    assert "/f/pf… could not be answered" in told
    assert "ObjectMissing" in told
    assert "no such table" in told


def test_no_file_the_server_writes_for_itself_holds_a_token(filled: Filled, tmp_path: Path) -> None:
    place = filled.copy(tmp_path)
    with place.server("--no-jobs"):
        drive_requests(place.url, filled)
    written = [path for path in (place.folder / "data").rglob("*") if path.is_file()]
    token = re.compile(TOKEN.encode(), re.IGNORECASE)
    assert [path.name for path in written if token.search(path.read_bytes())] == []
