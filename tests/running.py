"""Start the real server and the real command line for tests, on loopback and free ports."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from podcast_server.cli.setup import initialise
from podcast_server.services import Services, open_services
from podcast_server.settings import load_settings
from tests.many_hosts.patience import until_answered
from tests.migrated import put_migrated_database
from tests.ports import free_port as free_port
from tests.prepared import run_prepared

ROOT = Path(__file__).parent.parent
# Seconds that a program has to start or to end. Only one that never does takes so long; on a
# machine that is busy with other tests each may take many.
PATIENCE = 120


@dataclass
class Installation:
    """A data folder with a configuration of its own, and the commands to work on it."""

    folder: Path
    port: int
    extra: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.folder / "server.log"

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PODCAST_SERVER_")}
        kept.pop("AWS_CA_BUNDLE", None)
        return kept | {
            "PYTHONPATH": str(ROOT),
            "PODCAST_SERVER_DATA_FOLDER": str(self.folder / "data"),
            "PODCAST_SERVER_SITE__PUBLIC_URL": self.url,
            "PODCAST_SERVER_SERVER__PORT": str(self.port),
            "PODCAST_SERVER_SERVER__THREADS": "64",
            **self.extra,
        }

    def run(self, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command of the real command line."""
        done = self._run(*map(str, words))
        if check and done.returncode:
            raise AssertionError(f"{words} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """In a process that has loaded our program, unless it is to be another, or loaded anew."""
        ours = self.environ["PYTHONPATH"] == str(ROOT)
        if ours and all(name.startswith("PODCAST_SERVER_") for name in self.extra):
            return run_prepared(words, self.folder, self.environ, timeout=2 * PATIENCE)
        return subprocess.run(
            [sys.executable, "-m", "podcast_server", *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    @contextlib.contextmanager
    def services(self) -> Iterator[Services]:
        """Work on the installation from within this process, without the command line."""
        services = open_services(load_settings(None, self.environ))
        try:
            yield services
        finally:
            services.close()

    def json(self, *words: str | Path) -> Any:
        """Run a command with --json and read its answer."""
        return json.loads(self.run(*words, "--json").stdout)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Path]:
        """Serve while the block runs; gives the file its log goes to."""
        with self.server():
            yield self.log

    @contextlib.contextmanager
    def server(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Serve while the block runs; gives the process that everything hangs on."""
        with self.log.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "podcast_server", "serve", *options],
                cwd=self.folder,
                env=self.environ,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            try:
                wait_until_up(self.url, process, self.log)
                if "--no-jobs" not in options:
                    wait_for_jobs_of(process, self.log)
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # whatever a failed test left


def eventually(check: Callable[[], bool], what: str = "what was waited for") -> None:
    """Wait until it is so; a failed test where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(0.1)


def wait_until_gone(group: int) -> None:
    """Return once no process of a process group is left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    left = subprocess.run(
        ["ps", "-o", "pid,args", "-g", str(group)], capture_output=True, text=True
    )
    raise AssertionError(f"still running:\n{left.stdout}")


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers anything at all."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended:\n{log.read_text()}")
        try:
            urllib.request.urlopen(f"{url}/f/nothing", timeout=10)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


def wait_for_jobs_of(process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the process of the jobs is there, which a server starts after its workers."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if any(b"\0--parent\0" in command_of(each) for each in children(process.pid)):
            return
        time.sleep(0.02)
    raise AssertionError(f"the server started no jobs:\n{log.read_text()}")


def children(pid: int) -> set[int]:
    """The processes that a process has started, whichever of its threads did."""
    found = set[int]()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that ends
            found.update(map(int, path.read_text().split()))
    return found


def command_of(pid: int) -> bytes:
    """The words of a process, with a NUL after each; none of one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass(frozen=True)
class Got:
    """One HTTP answer."""

    status: int
    headers: Message  # names in any case
    body: bytes


def fetch(url: str, method: str = "GET", **headers: str) -> Got:
    """Ask, without following redirects; header names with underscores for hyphens."""
    return until_answered(lambda: _fetch(url, method, headers), lambda got: got.status)


def _fetch(url: str, method: str, headers: dict[str, str]) -> Got:
    request = urllib.request.Request(url, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=PATIENCE) as response:
            return Got(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Got(error.code, error.headers, error.read())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def installation(folder: Path, **extra: str) -> Installation:
    """A fresh initialised installation in ``folder``; settings by environment names."""
    made = Installation(
        folder, free_port(), {f"PODCAST_SERVER_{k.upper()}": v for k, v in extra.items()}
    )
    settings = load_settings(None, made.environ)
    put_migrated_database(settings)
    initialise(settings)
    return made
