"""The program of before the newest change of tables goes on while this one migrates.

It is taken from the history of the project; where there is none (a copy without it, or a
shallow clone) this is skipped.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import feedparser
import pytest

from podcast_server.database import open_engine, schema_versions
from tests import postgresql
from tests.journeys.test_main_job import AUDIO
from tests.running import ROOT, Installation, fetch, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
VERSIONS = "podcast_server/migrations/versions"
PACKAGES = ("episodes", "feeds", "podcast_server")


def git(*words: str) -> bytes | None:
    """What git says, or None where it cannot."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def commit_before_the_newest_tables() -> str | None:
    """The last commit without the migration that history knows as the newest."""
    said = git("log", "-1", "--diff-filter=A", "--format=%H", "--", f"{VERSIONS}/*.py")
    newest = (said or b"").decode().strip()
    before = git("rev-parse", "--verify", "--quiet", f"{newest}^") if newest else None
    return before.decode().strip() if before else None


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of before, in a folder of its own."""
    commit = commit_before_the_newest_tables()
    packed = git("archive", commit, *PACKAGES) if commit else None
    if packed is None:
        pytest.skip("the history of the project does not reach back to an older program")
    folder = tmp_path_factory.mktemp("older")
    subprocess.run(["tar", "--extract"], input=packed, cwd=folder, check=True)
    return folder


@dataclass
class OlderInstallation(Installation):
    """An installation on which another program than ours runs."""

    program: Path

    @property
    def environ(self) -> dict[str, str]:
        return super().environ | {"PYTHONPATH": str(self.program)}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, older: Path, tmp_path: Path) -> OlderInstallation:
    # However long the migration takes, an app that asks on meanwhile is not the one that asks too often.
    extra = {"PODCAST_SERVER_LIMITS__FEED_PER_MINUTE": "100000"}
    if request.param == "postgresql":
        url = postgresql.Databases(request.getfixturevalue("postgresql_url")).create()
        extra["PODCAST_SERVER_DATABASE__URL"] = url
    made = OlderInstallation(tmp_path, free_port(), extra, older)
    made.run("init")
    made.run("show", "create", "Harbour")
    made.run("episode", "add", sorted(AUDIO.glob("s01e*.mp3"))[0], "--show", "harbour")
    return made


@contextmanager
def polling(*urls: str) -> Iterator[list[int]]:
    """What apps are answered meanwhile."""
    statuses, stop = list[int](), threading.Event()

    def poll() -> None:
        while not stop.wait(0.05):
            statuses.extend(fetch(url).status for url in urls)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        thread.join()


def test_it_goes_on_serving_and_writing_and_the_new_one_takes_over(
    place: OlderInstallation,
) -> None:
    feed = place.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    ours = Installation(place.folder, place.port, place.extra)
    with place.server():
        before = fetch(feed).body
        [entry] = feedparser.parse(before).entries
        audio = entry.enclosures[0].href
        with polling(feed, audio) as statuses:
            said = ours.run("migrate").stdout
            time.sleep(1)
        assert "Migrated from" in said
        assert set(statuses) == {200}
        assert fetch(feed).body == before
        sign_in = fetch(f"{place.url}/sign-in").body
        assert b"csrf_token" in sign_in
    with ours.services() as services:
        engine = open_engine(services.settings.database_url)
        present, needed = schema_versions(engine)
        engine.dispose()
    assert present == needed
    with ours.server():
        assert [each.id for each in feedparser.parse(fetch(feed).body).entries] == [entry.id]
        assert fetch(audio).status == 200
    assert "Traceback" not in place.log.read_text()


def test_it_is_really_older(older: Path) -> None:
    there = {path.name for path in (older / VERSIONS).glob("*.py")}
    here = {path.name for path in (ROOT / VERSIONS).glob("*.py")}
    assert there < here
    found = subprocess.run(
        [sys.executable, "-c", "import podcast_server; print(podcast_server.__file__)"],
        env={"PYTHONPATH": str(older)},
        cwd=older,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(older))
