"""The clock of a running server is put back and on (by libfaketime); its database's clock is right."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from feeds.downloads.models import RawHit
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.services import now_utc
from tests import postgresql
from tests.chaos.moments import SOUND
from tests.installed import Filled, furnish
from tests.running import PATIENCE, ROOT, Installation, eventually, fetch, installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
JUMPS = {"-2h": timedelta(hours=-2), "+1d": timedelta(days=1), "+0": timedelta()}


@dataclass
class Odd:
    """A server whose clock is wrong by what stands in a file."""

    place: Installation
    filled: Filled
    key: str

    def jump(self, to: str) -> None:
        """Put the clock of all its processes to so much beside the right one."""
        (self.place.folder / "clock").write_text(to + "\n")

    def ask(self, method: str, path: str, data: bytes = b"", **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.place.url}/api/v1/shows/harbour{path}",
            method=method,
            data=data or json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())


@pytest.fixture(params=["sqlite", "postgresql"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Odd]:
    if not LIBRARIES:
        pytest.skip("libfaketime is not installed (the Debian package faketime)")
    extra = {}
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        extra["database__url"] = postgresql.Databases(url).create()
    place = installation(tmp_path, **extra)
    filled = furnish(place)
    with place.services() as services, services.sessions.begin() as session:
        owner = ensure_staff(session, "owner@example.org", now=now_utc(), owner=True)
        key = make_key(session, owner, "script", may_write=True, now=now_utc())
    odd = Odd(place, filled, key)
    odd.jump("+0")
    place.extra |= {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": f"{ROOT}:{Path(__file__).with_name('odd_clock')}",
    }
    with place.serving():
        yield odd
    del place.extra["LD_PRELOAD"]
    failed = {each["check"] for each in place.json("doctor", "--deep") if each["level"] == "failed"}
    assert failed <= {"public address"}


def test_apps_are_served_and_work_goes_on_whatever_the_clock_says(odd: Odd) -> None:
    feed, audio = odd.place.url + odd.filled.feed, odd.place.url + odd.filled.audio[0]
    for number, (to, wrong_by) in enumerate(JUMPS.items()):
        odd.jump(to)
        wanted = downloads(odd) + 1
        assert fetch(feed).status == 200
        assert fetch(audio, User_Agent=f"AntennaPod/{number}").status == 200
        out = publish(odd, f"Under {to}")
        dated = datetime.fromisoformat(out["publish_at"])
        assert abs(dated - now_utc() - wrong_by) < timedelta(minutes=5), "its clock is right"
        # What is older stays, and by the time that the server believes in, this is out.
        assert fetch(feed).body.count(b"<item>") >= 2
        assert odd.ask("GET", f"/episodes/{out['key']}")["status"] == "published"
        eventually(partial(has_downloads, odd, wanted), f"the download is noted under {to}")
    # With the right clock again, everything is out that may be by now.
    eventually(lambda: b"Under -2h" in fetch(feed).body, "what was published is there")
    assert b"Under +0" in fetch(feed).body


def publish(odd: Odd, title: str) -> Any:
    """Upload, wait for the examination, and publish; what is told of it then."""
    draft = odd.ask("POST", "/episodes", title=title)
    key = str(draft["key"])
    sent = odd.ask("PUT", f"/episodes/{key}/audio?name=a.mp3", SOUND)
    eventually(
        lambda: odd.ask("GET", f"/uploads/{sent['key']}")["state"] == "used", "it is examined"
    )
    return odd.ask("POST", f"/episodes/{key}/publish")


def downloads(odd: Odd) -> int:
    with odd.place.services() as services, services.sessions() as session:
        return session.scalar(select(func.count(RawHit.id))) or 0


def has_downloads(odd: Odd, wanted: int) -> bool:
    return downloads(odd) >= wanted
