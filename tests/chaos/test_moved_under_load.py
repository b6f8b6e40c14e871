"""An embedded installation moves to PostgreSQL and S3 while apps poll, download and people join."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from episodes.shows import find_show
from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from podcast_server.accounts.models import Member
from podcast_server.services import now_utc
from tests import postgresql
from tests.builders import build_member, give_membership
from tests.installed import fill
from tests.running import Got, Installation, fetch

pytest_plugins = ["tests.s3_server"]
pytestmark = pytest.mark.slow


@dataclass
class Load:
    """What goes on meanwhile, and what must be found afterwards."""

    feed: str
    audio: str
    bodies: set[bytes] = field(default_factory=set)
    downloads: int = 0
    broken: int = 0
    joined: list[str] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def poll(self) -> None:
        """One look of an app at its feed."""
        got = self._ask(self.feed)
        if got is not None and got.status == 200:
            self.bodies.add(got.body)
        elif got is not None:
            self.wrong.append(got.status)

    def download(self) -> None:
        """One download, from here or from the bucket."""
        got = self._ask(self.audio)
        if got is not None and got.status in {200, 302}:
            self.downloads += 1
        elif got is not None:
            self.wrong.append(got.status)

    def join(self, place: Installation) -> None:
        """Somebody becomes a member."""
        email = f"joined{len(self.joined)}@example.org"
        with place.services() as services, services.sessions.begin() as session:
            show = find_show(session, "harbour")
            give_membership(session, build_member(session, now_utc(), email), show, now_utc())
        self.joined.append(email)

    def _ask(self, url: str) -> Got | None:
        try:
            return fetch(url)
        except OSError:
            self.broken += 1
            return None


@contextlib.contextmanager
def going_on(*steps: Callable[[], None]) -> Iterator[None]:
    """Do each step over and over, each on a thread of its own, while the block runs."""
    stop = threading.Event()

    def repeat(step: Callable[[], None]) -> None:
        while not stop.wait(0.05):
            step()

    threads = [threading.Thread(target=repeat, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def write_storage(path: Path, settings: Any) -> dict[str, str]:
    """A configuration file for the bucket; the same as settings of the environment."""
    names = ("backend", "bucket", "endpoint", "prefix", "access_key", "secret_key")
    values = {name: str(getattr(settings, name)) for name in names}
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    path.write_text("\n".join(["[storage]", *lines]) + "\n")
    return {f"PODCAST_SERVER_STORAGE__{name.upper()}": value for name, value in values.items()}


def test_nothing_is_lost_and_feeds_stay_the_same_to_the_byte(
    tmp_path: Path, postgresql_url: str, s3_settings: Any
) -> None:
    filled = fill(tmp_path / "filled")
    place = filled.copy(tmp_path, limits__feed_per_minute="100000")
    feed = place.url + filled.feed
    storage = write_storage(tmp_path / "new.toml", s3_settings)
    address = postgresql.Databases(postgresql_url).create()
    (tmp_path / "url.txt").write_text(address)
    moves = (("storage", tmp_path / "new.toml"), ("database", f"@{tmp_path / 'url.txt'}"))
    new = {"PODCAST_SERVER_DATABASE__URL": address}
    moved = Installation(tmp_path, place.port, place.extra | storage | new)

    with place.serving():
        first = fetch(feed)
        load = Load(feed, place.url + filled.audio[0])
        with going_on(load.poll, load.download, lambda: load.join(place)):
            for what, target in moves:
                place.run("move", what, target)
    for what, target in moves:
        place.run("move", what, target)
    before = load.downloads
    with moved.serving(), going_on(load.poll, load.download, lambda: load.join(moved)):
        found = moved.json("doctor", "--deep")
    with moved.services() as services, services.sessions() as session:
        take_in_parcels(services.sessions)
        hits = session.scalar(select(func.count(RawHit.id))) or 0
        members = set(session.scalars(select(Member.email)))
    assert load.wrong == []
    assert load.bodies == {first.body}
    assert load.downloads <= hits <= load.downloads + load.broken
    assert before > 0
    assert load.downloads > before
    assert members == {"ada@example.org", *load.joined}
    failed = {each["check"] for each in found if each["level"] == "failed"}
    assert failed <= {"public address"}
