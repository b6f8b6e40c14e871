"""The real server and what it is compared with, each started on the first core."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import on_core
from podcast_server.services import Services
from tests import postgresql
from tests.running import Installation, fetch, free_port, installation

# A glance needs one database only.
DATABASES = ("SQLite",) if "--quick" in sys.argv else ("SQLite", "PostgreSQL")
# Storage that is never spoken to: addresses there are signed without asking it.
S3 = {
    "storage__backend": "s3",
    "storage__bucket": "audio",
    "storage__endpoint": "http://127.0.0.1:9",
    "storage__access_key": "AKBENCH",
    "storage__secret_key": "SKBENCH",
}
_NGINX = """
{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000;
  types {{ application/rss+xml xml; audio/mpeg mp3; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server answers, and the process that does the work; ``jobs`` does some more of it
    afterwards."""

    url: str
    worker: int
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An installation with threads as a podcaster has them, and its database's kind."""

    database: str
    installation: Installation

    @contextlib.contextmanager
    def services(self) -> Iterator[Services]:
        """Work on it from here."""
        with self.installation.services() as services:
            yield services

    @contextlib.contextmanager
    def serving(self, **settings: str) -> Iterator[Served]:
        """`podcast-server serve` while the block runs."""
        place = self.installation
        extra = {f"PODCAST_SERVER_{name.upper()}": value for name, value in settings.items()}
        running = Installation(place.folder, place.port, place.extra | extra)
        with on_core(0):
            server = running.server()
            process = server.__enter__()
        try:
            worker, jobs = _worker_and_jobs(process.pid)
            assert jobs is not None, "nobody could wait for what it still has to do"
            yield Served(running.url, worker, jobs)
        finally:
            server.__exit__(None, None, None)


@contextlib.contextmanager
def places(databases: Sequence[str] = DATABASES) -> Iterator[Iterator[Place]]:
    """A fresh installation on each database that this machine has."""
    with contextlib.ExitStack() as stack:
        yield (_place(name, stack) for name in databases if _is_there(name))


def _is_there(database: str) -> bool:
    if database == "PostgreSQL" and postgresql.binaries() is None:
        print("\nPostgreSQL is not installed: left out")
        return False
    return True


def _place(database: str, stack: contextlib.ExitStack) -> Place:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    # No honest app polls as often as wrk does.
    extra = {"server__threads": "512", "limits__feed_per_minute": "1000000"}
    if database == "PostgreSQL":
        extra["database__url"] = stack.enter_context(postgresql.running())
    return Place(database, installation(folder, **extra))


def _worker_and_jobs(server: int) -> tuple[int, int | None]:
    """The process that answers requests, and the one beside it, if there is one."""
    worker = jobs = None
    for child in _children(server):
        if b"--parent" in Path(f"/proc/{child}/cmdline").read_bytes():
            jobs = child
        else:
            worker = child
    assert worker is not None
    return worker, jobs


def _children(process: int) -> list[int]:
    """All of them: the system lists them by the thread that started each."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]


def settle(pid: int, quiet: float = 0.2) -> None:
    """Wait until a process has worked off what it had put aside, so that the next has the core:
    for so many seconds it does next to nothing."""
    before = cpu_seconds(pid)
    for _ in range(300):
        time.sleep(quiet)
        now = cpu_seconds(pid)
        if now - before < 0.1 * quiet:
            return
        before = now


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def bare(target: str, place: Place, **environ: str) -> Iterator[Served]:
    """A plain WSGI application on the same web server with the same bounds."""
    port = free_port()
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--factory"]
    options += ["--blocking-threads", "512", "--backpressure", "1024", "--log-level", "error"]
    command = [sys.executable, "-m", "granian", "--port", str(port), *options, target]
    with _running(command, place.installation.environ | environ) as server:
        yield Served(_awake(f"http://127.0.0.1:{port}"), *_worker_and_jobs(server))


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Served]:
    """nginx with one worker over the files of a folder."""
    port = free_port()
    folder.chmod(0o755)
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(_NGINX.format(folder=folder, port=port, user=user))
    with _running(["nginx", "-c", str(config), "-e", str(folder / "nginx.log")], None) as server:
        yield Served(_awake(f"http://127.0.0.1:{port}"), *_worker_and_jobs(server))


@contextlib.contextmanager
def _running(command: list[str], environ: dict[str, str] | None) -> Iterator[int]:
    with on_core(0):
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _awake(url: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            fetch(url)
            return url
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on {url}")
