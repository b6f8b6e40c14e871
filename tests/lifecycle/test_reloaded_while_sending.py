"""What is being sent while a server loads itself anew arrives, whole and once."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import func, select

from episodes.models import Audio, Show
from podcast_server.accounts.staff.passwords import set_password
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.services import now_utc
from tests.builders import build_show
from tests.postgresql import Databases
from tests.running import PATIENCE, Installation, children, fetch, installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PASSWORD = "three harbour seals"


class HeldBody:
    """A body of which one half is sent, and the other when it is let go."""

    def __init__(self, data: bytes) -> None:
        self._left, self._sent = BytesIO(data), 0
        self._half = len(data) // 2
        self._all = len(data)
        self.halfway, self.go_on = threading.Event(), threading.Event()

    def __len__(self) -> int:
        return self._all

    def read(self, size: int = -1) -> bytes:
        if self._sent < self._half:
            size = min(self._half - self._sent, size if size > 0 else self._half)
        else:
            self.halfway.set()
            assert self.go_on.wait(PATIENCE)
        found = self._left.read(size)
        self._sent += len(found)
        return found


@dataclass
class Studio:
    """A podcaster's browser, without the browser."""

    place: Installation
    process: subprocess.Popen[bytes]
    session: requests.Session = field(default_factory=requests.Session)

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", path).text)
        assert found
        return found[1]

    def ask(self, method: str, path: str, **more: object) -> requests.Response:
        return self.session.request(method, self.place.url + path, timeout=PATIENCE, **more)  # type: ignore[arg-type]

    def sign_in(self) -> None:
        form = {"email": "marit@example.org", "password": PASSWORD}
        token = self.token("/studio/sign-in")
        assert self.ask("POST", "/studio/sign-in", data={**form, "csrf_token": token}).ok
        self.session.headers["X-CSRFToken"] = self.token("/studio/account")

    @contextmanager
    def held_over_a_reload(
        self, method: str, path: str, data: bytes, **headers: str
    ) -> Iterator[Future[requests.Response]]:
        """Half of the body is sent to the old program, and half when the new one serves."""
        body, old = HeldBody(data), children(self.process.pid)
        config = self.place.folder / "config.toml"
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(self.ask, method, path, data=body, headers=headers)
            assert body.halfway.wait(PATIENCE)
            config.write_text('[site]\nname = "Of the new program"\n')
            self.process.send_signal(signal.SIGHUP)
            eventually(lambda: b"Of the new program" in fetch(self.place.url + "/").body)
            body.go_on.set()
            yield sending
        eventually(lambda: not children(self.process.pid) & old)


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(params=["sqlite", "postgresql"])
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Studio]:
    extra = {}
    if request.param == "postgresql":
        extra["database__url"] = Databases(request.getfixturevalue("postgresql_url")).create()
    place = installation(tmp_path, **extra)
    with place.services() as services, services.sessions.begin() as session:
        set_password(
            ensure_staff(session, "marit@example.org", now=now_utc(), owner=True), PASSWORD
        )
        build_show(session, now_utc(), slug="harbour", title="Harbour Notes")
    with place.server() as process:
        studio = Studio(place, process)
        studio.sign_in()
        yield studio
    assert "Traceback" not in place.log.read_text()


def recording() -> bytes:
    """A little more than one part of an upload."""
    with BytesIO() as file:
        with wave.open(file, "wb") as sound:
            sound.setparams((2, 2, 44100, 0, "NONE", ""))
            sound.writeframes(b"\1\2\3\4" * 2_300_000)
        return file.getvalue()


def test_a_form_that_was_half_sent_is_done_once(studio: Studio) -> None:
    form = urlencode({"csrf_token": studio.token("/studio/shows/new"), "title": "Quiet Coast"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    path = "/studio/shows/new"
    with studio.held_over_a_reload("POST", path, form.encode(), **kind) as sending:
        assert sending.result().status_code == 200
    with studio.place.services() as services, services.sessions() as session:
        count = select(func.count()).select_from(Show).where(Show.title == "Quiet Coast")
        assert session.scalar(count) == 1


def test_an_upload_goes_on_where_it_was(studio: Studio) -> None:
    data, base = recording(), "/studio/shows/harbour/uploads"
    asked = {"name": "storm.wav", "size": len(data), "fingerprint": "storm"}
    told = studio.ask("POST", base, json=asked).json()
    size, upload = told["part_size"], f"{base}/{told['key']}"
    first, second = data[:size], data[size:]
    assert second
    with studio.held_over_a_reload("PUT", f"{upload}/parts/1", first) as sending:
        assert sending.result().status_code == 200
    assert studio.ask("PUT", f"{upload}/parts/2", data=second).ok
    assert studio.ask("POST", f"{upload}/complete").ok
    eventually(lambda: studio.ask("GET", upload).json()["state"] == "used")
    with studio.place.services() as services, services.sessions() as session:
        key = session.scalars(select(Audio.object_key)).one()
        with services.storage.open(key) as stored:
            assert stored.read() == data
