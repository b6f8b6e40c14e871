"""A server that is told to load program and configuration anew serves everybody meanwhile."""

from __future__ import annotations

import http.client
import signal
import threading
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.installed import Filled
from tests.running import PATIENCE, children, fetch, wait_for_jobs_of

pytestmark = pytest.mark.slow
ENOUGH = 100  # answers


@dataclass
class Reloaded:
    """What apps met, and which processes served before and after."""

    statuses: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    before: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)
    page: str = ""
    log: str = ""


def keep_asking(urls: list[str], stop: threading.Event, seen: Reloaded) -> None:
    while not stop.wait(0.01):
        for url in urls:
            try:
                seen.statuses.append(ask(url))
            except (OSError, http.client.HTTPException) as error:
                seen.refused.append(str(error))


def ask(url: str) -> int:
    """As apps and proxies ask: a connection closed without a word is opened again, once
    (RFC 9110 §9.2.2). The old process may close one that it took in its last moment."""
    try:
        return fetch(url).status
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return fetch(url).status
    except urllib.error.URLError as error:  # closed before all of the question was sent
        if not isinstance(error.reason, (ConnectionResetError, BrokenPipeError)):
            raise
        return fetch(url).status


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.fixture(scope="module")
def reloaded(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Reloaded:
    place = filled.copy(tmp_path_factory.mktemp("reloaded"), limits__feed_per_minute="100000")
    config = place.folder / "config.toml"
    config.write_text('[site]\nname = "The old name"\n')
    seen, stop = Reloaded(), threading.Event()
    urls = [place.url + filled.feed, place.url + filled.audio[0]]
    with place.server() as process:
        apps = [threading.Thread(target=keep_asking, args=(urls, stop, seen)) for _ in range(2)]
        for app in apps:
            app.start()
        seen.before = children(process.pid)
        config.write_text('[site]\nname = "The new name"\n')
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: not children(process.pid) & seen.before)
        wait_for_jobs_of(process, place.log)  # which begin once those of before have ended
        wait_for(lambda: len(seen.statuses) > ENOUGH)
        stop.set()
        for app in apps:
            app.join()
        seen.after = children(process.pid)
        seen.page = fetch(place.url + "/").body.decode()
    seen.log = place.log.read_text()
    return seen


def test_nobody_is_refused_meanwhile(reloaded: Reloaded) -> None:
    assert reloaded.refused == []
    assert set(reloaded.statuses) == {200}
    assert len(reloaded.statuses) > ENOUGH


def test_every_process_is_replaced_the_one_with_the_jobs_too(reloaded: Reloaded) -> None:
    assert len(reloaded.before) == len(reloaded.after)
    assert not reloaded.before & reloaded.after


def test_the_configuration_is_that_of_now(reloaded: Reloaded) -> None:
    assert "The new name" in reloaded.page


def test_there_is_no_complaint(reloaded: Reloaded) -> None:
    assert "Traceback" not in reloaded.log
