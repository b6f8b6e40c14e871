"""The whole server as a worker runs it, asked without a network; it forgets what was done to it."""

from __future__ import annotations

import contextlib
import gc
import queue
import re
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import update
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from feeds.delivery.lane import Lane
from feeds.models import AccessChanges
from podcast_server import wsgi
from podcast_server.app import create_app
from podcast_server.services import Services
from tests.podcast_server.conftest import StillPostman
from tests.podcast_server.routes.values import World
from tests.podcast_server.routes.world import BROWSER, furnish
from tests.running import installation
from tests.stripe_stand_in import KEY, StripeStandIn

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HOST = "podcast.test"
METRICS = "who reads the numbers"
HANGS = 90.0  # seconds: no answer takes so long on any machine; nothing is judged by speed
T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    who: str = "nobody"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        headers = " ".join(f"{name}: {value!r}" for name, value in self.headers)
        return (
            f"{self.method} {self.path}?{self.query} as {self.who} [{headers}] {self.body[:2000]!r}"
        )


@dataclass(frozen=True)
class Answer:
    """One answer, read to its end."""

    status: int
    headers: Headers
    body: bytes


class Hung(AssertionError):
    """A request had no answer in time; the text says where it stood."""


class Watched:
    """Calls on a thread of their own, so that one that never ends fails the test by its name."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="asked", daemon=True)
        self._thread.start()

    def call(self, what: object, action: Callable[[], T], seconds: float = HANGS) -> T:
        """What ``action`` gives or raises. Raises Hung, naming ``what``."""
        done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def act() -> None:
            try:
                done.put((True, action()))
            except BaseException as error:
                done.put((False, error))

        self._asked.put(act)
        try:
            went_well, got = done.get(timeout=seconds)
        except queue.Empty:
            frame = sys._current_frames().get(self._thread.ident or 0)
            where = "".join(traceback.format_stack(frame)) if frame else ""
            raise Hung(f"no answer within {seconds} s: {what}\n{where}") from None
        if not went_well:
            raise got
        answer: T = got
        return answer

    def end(self) -> None:
        self._asked.put(None)

    def _run(self) -> None:
        while (act := self._asked.get()) is not None:
            act()


def _answer(entry: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    body, status, headers = run_wsgi_app(entry, environ, buffered=True)
    return Answer(int(status[:3]), headers, b"".join(body))


@dataclass
class Stack:
    """The server's outermost door, its Flask application within, and whom it knows."""

    entry: WSGIApplication
    app: Flask
    services: Services
    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # of forms, by person
    watched: Watched = field(default_factory=Watched)
    webhook_secret: str = ""
    rewind: Callable[[], bool] = lambda: False  # puts the database back

    def send(self, ask: Ask) -> Answer:
        """The whole answer. Raises Hung, and whatever the server raises at its own front."""
        headers = {"Host": HOST, "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        if cookie := self.cookies.get(ask.who):
            headers["Cookie"] = cookie
        if ask.who == "key":
            headers["Authorization"] = f"Bearer {self.world.api_key}"
        environ = EnvironBuilder(
            method=ask.method,
            path=ask.path,
            query_string=ask.query,
            headers=list((headers | dict(ask.headers)).items()),
            data=ask.body,
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        ).get_environ()
        return self.watched.call(ask, lambda: _answer(self.entry, environ))


class Rewound:
    """Puts the database back to where it was, wherever something was changed."""

    def __init__(self, path: Path, services: Services) -> None:
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        self._live = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._services = services
        self._live.backup(self._kept)
        self._version = self._now()
        self._turns = 1_000_000

    def close(self) -> None:
        self._kept.close()
        self._live.close()

    def _now(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])

    def rewind(self) -> bool:
        """Whether there was anything to take back."""
        if self._now() == self._version:
            return False
        self._kept.backup(self._live)
        # Who remembers feeds must notice, as of every change: by a mark and a number of its own.
        self._turns += 1
        with self._services.sessions.begin() as there:
            there.execute(update(AccessChanges).values(number=self._turns))
        self._version = self._now()
        return True


SETTINGS = {
    "site__public_url": f"https://{HOST}",
    "server__trusted_proxies": "1",
    "limits__address_per_minute": "1000000",
    "limits__account_per_minute": "1000000",
    "limits__feed_per_minute": "1000000",
    "feeds__guesses_per_minute": "100000",
    "stripe__secret_key": KEY,
    "monitoring__token": METRICS,
}


@contextlib.contextmanager
def open_stack(folder: Path) -> Iterator[Stack]:
    """The server over a filled world, made by the very function that the web server calls."""
    with pytest.MonkeyPatch.context() as patch, StripeStandIn() as account:
        account.control.webhooks(hold=True)
        place = installation(folder, **SETTINGS, stripe__api_base=account.url)
        secret = account.send_webhooks_to("http://127.0.0.1:9/webhooks/stripe")
        place.extra["PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS"] = secret
        place.extra["PODCAST_SERVER_BACKUP__FOLDER"] = str(place.folder / "backups")
        for name, value in place.environ.items():
            if name.startswith("PODCAST_SERVER_"):
                patch.setenv(name, value)
        patch.chdir(folder)
        with place.services() as services:
            world = furnish(services, account)
        entry, app = _created(patch)
        stack = Stack(entry, app, app.config["SERVICES"], world, webhook_secret=secret)
        _let_in(stack)
        _name_files(stack)
        rewound = Rewound(folder / "data" / "podcast.sqlite3", stack.services)
        stack.rewind = rewound.rewind
        try:
            yield stack
        finally:
            stack.watched.end()
            rewound.close()
            stack.services.close()


def _created(patch: pytest.MonkeyPatch) -> tuple[WSGIApplication, Flask]:
    """What a worker serves, and the application within it. Nothing works in the background."""
    made: list[Flask] = []

    def create_and_keep(services: Services, lane: Lane) -> Flask:
        made.append(create_app(services, lane))
        return made[0]

    patch.setattr(wsgi, "create_app", create_and_keep)
    patch.setattr(wsgi, "set_up_logging", lambda _settings: None)
    patch.setattr(wsgi, "Finalize", lambda *_words, **_more: None)
    patch.setattr(gc, "freeze", lambda: None)
    entry = wsgi.create()
    for name in ("POSTMAN", "TELLER", "EXAMINER", "IMPORTER"):
        made[0].config[name] = StillPostman()
    return entry, made[0]


def _let_in(stack: Stack) -> None:
    """Give everybody the cookie and the form token that their browser would hold."""
    stack.world.sessions["nobody"] = {}
    for who, held in stack.world.sessions.items():
        with stack.app.test_request_context(base_url=f"https://{HOST}"):
            session.update(held, asking=BROWSER, studio_asking=BROWSER)
            stack.tokens[who] = generate_csrf()
            signer = stack.app.session_interface.get_signing_serializer(stack.app)  # type: ignore[attr-defined]
            stack.cookies[who] = f"__Host-session={signer.dumps(dict(session))}"


def _name_files(stack: Stack) -> None:
    """What pages load: addresses that are made of their contents."""
    page = stack.send(Ask("GET", "/shows/harbour")).body.decode()
    for digest, name in re.findall(r"/assets/(\w+)/([^\"?]+)", page):
        stack.world.values["digest"] = [digest]
        stack.world.add("asset", name)
    for width, name in re.findall(r"/covers/(\d+)/([^\" ]+)", page):
        stack.world.values["width"] = [int(width)]
        stack.world.values["cover"] = [name]
