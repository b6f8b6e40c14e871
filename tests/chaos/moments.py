"""What goes on while something dies: each notes what it was told was done, and tries on."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.test_main_job import AUDIO
from tests.running import PATIENCE, Installation, fetch
from tests.stripe_stand_in import StripeStandIn

SOUND = sorted(AUDIO.glob("s01e*.mp3"))[0].read_bytes()
PAUSE = 0.4  # seconds between two of a kind: what is tried is death, not load
LONG_PAUSE = 1.5  # where each costs the start of a program
FINE = frozenset({200, 302, 304, 503})  # to an app: here it is, or come again


@dataclass
class Site:
    """A site in business, and how to reach each part of it."""

    place: Installation
    account: StripeStandIn
    api_key: str
    plan: str
    published: str  # an episode that comes and goes
    feed: str
    audio: str
    foreign_feed: str = ""
    backup_places: tuple[str, str] = ("", "")
    show: str = "harbour"
    commands: Commands = field(default_factory=lambda: Commands())

    def ask(self, method: str, path: str, data: bytes | None = None, **body: Any) -> Any:
        """One call of the API; raises OSError for anything but a good answer."""
        request = urllib.request.Request(
            f"{self.place.url}/api/v1/shows/{self.show}{path}",
            method=method,
            data=data if data is not None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.api_key}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())


@dataclass
class Told:
    """What was acknowledged, how often what failed, and what nobody may ever be told."""

    uploads: list[str] = field(default_factory=list)  # keys of episodes
    published: set[str] = field(default_factory=lambda: {"published"})  # all that may be
    paid: list[str] = field(default_factory=list)  # addresses
    downloads: dict[str, float] = field(default_factory=dict)  # user agent → monotonic seconds
    backups: list[str] = field(default_factory=list)
    imports: int = 0
    wrong: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)  # the latest of each
    latest: float = 0.0  # when a feed was last answered well (monotonic seconds)


def upload(site: Site, told: Told, number: int) -> None:
    draft = site.ask("POST", "/episodes", title=f"Episode {number}")
    site.ask("PUT", f"/episodes/{draft['key']}/audio?name={number}.mp3", data=SOUND)
    told.uploads.append(draft["key"])


def publish(site: Site, told: Told, _number: int) -> None:
    out = told.published == {"published"}
    word, state = ("withdraw", "withdrawn") if out else ("publish", "published")
    told.published.add(state)  # a cut answer may have been done or not
    site.ask("POST", f"/episodes/{site.published}/{word}")
    told.published = {state}


def checkout(site: Site, told: Told, number: int) -> None:
    """Fill the form of a plan in and pay. Paid is paid, whatever dies before we hear of it."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), StaysHere
    )
    path, email = f"{site.place.url}/join/{site.plan}", f"payer{number}@example.org"
    page = browser.open(path, timeout=PATIENCE).read().decode()
    fields = dict(re.findall(r'name="(csrf_token|price)"[^>]*value="([^"]+)"', page))
    form = urllib.parse.urlencode(fields | {"email": email}).encode()
    try:
        browser.open(path, form, timeout=PATIENCE)
    except urllib.error.HTTPError as answer:
        if answer.code != 303:
            raise
        session = answer.headers["Location"].rpartition("/")[2]
        site.account.control.pay_session(session, email=email)
        told.paid.append(email)
        return
    raise OSError("the form came back")


def bring_over(site: Site, told: Told, _number: int) -> None:
    """Import a show; what was cut off is done by the next."""
    command(site, "import", "feed", site.foreign_feed, "--yes")
    told.imports += 1


def download(site: Site, told: Told, number: int) -> None:
    agent = f"chaos/{number}"
    got = fetch(site.audio, User_Agent=agent)
    if got.status == 302:
        told.downloads[agent] = time.monotonic()
    elif got.status not in FINE:
        told.wrong.append(f"audio {got.status}")


def poll(site: Site, told: Told, _number: int) -> None:
    got = fetch(site.feed)
    if got.status not in FINE:
        told.wrong.append(f"feed {got.status}")
    elif got.status == 200:
        told.latest = time.monotonic()


def back_up(site: Site, told: Told, _number: int) -> None:
    """Into a folder and into a bucket, by turns."""
    place = site.backup_places[len(told.backups) % 2]
    told.backups.append(command(site, "backup", place))


def command(site: Site, *words: str) -> str:
    """Run a command; raises OSError where it fails or is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "podcast_server", *words],
        cwd=site.place.folder,
        env=site.place.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    site.commands.running[words[0]] = process
    try:
        said, complaint = process.communicate(timeout=2 * PATIENCE)
    finally:
        del site.commands.running[words[0]]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        if "Traceback" in complaint:
            raise AssertionError(f"{words} says no sentence:\n{complaint}")
        raise OSError(complaint)
    return said


@dataclass
class Commands:
    """The commands that run now, each by its first word."""

    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def kill_one(self, word: str, after: float) -> bool:
        """SIGKILL to the next such command, so many seconds after it began; whether it was
        still at it."""
        process = self._next(word)
        time.sleep(after)
        if process.poll() is not None:
            return False
        os.killpg(process.pid, signal.SIGKILL)  # what it started, pg_dump too
        return process.wait() == -signal.SIGKILL

    def _next(self, word: str) -> subprocess.Popen[str]:
        known, deadline = self.running.get(word), time.monotonic() + 2 * PATIENCE
        while time.monotonic() < deadline:
            process = self.running.get(word)
            if process is not None and process is not known:
                return process
            time.sleep(0.01)
        raise AssertionError(f"no {word} begins any more")


class StaysHere(urllib.request.HTTPRedirectHandler):
    """Does not follow: the payment page is the stand-in's affair."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


Moment = Callable[[Site, Told, int], None]
MOMENTS: tuple[Moment, ...] = (upload, publish, checkout, bring_over, download, poll, back_up)


@contextlib.contextmanager
def going_on(site: Site, told: Told) -> Iterator[None]:
    """All of it over and over, each on a thread of its own, while the block runs."""
    stop = threading.Event()
    numbers = itertools.count(int(time.time() * 1000))

    def repeat(name: str, step: Callable[[], None]) -> None:
        while not stop.wait(LONG_PAUSE if name in {"bring_over", "back_up"} else PAUSE):
            try:
                step()
            except (OSError, http.client.HTTPException) as error:
                told.failed[name] += 1
                told.why[name] = str(error)
            except Exception:
                told.wrong.append(f"{name}: {traceback.format_exc()}")

    steps: dict[str, Callable[[], None]] = {
        moment.__name__: lambda m=moment: m(site, told, next(numbers))  # type: ignore[misc]
        for moment in MOMENTS
    }
    threads = [threading.Thread(target=repeat, args=each) for each in steps.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
