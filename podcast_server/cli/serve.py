"""`serve`: the recommended server, granian, with our bounds.

Why WSGI with many threads rather than an event loop: on polls it answers more than twice as
many requests per second, and a local download costs only a parked thread. Threads start on
demand; feeds always keep some, because downloads are refused with 503 before the last ones.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import click
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from podcast_server.cli.beside import Beside
from podcast_server.cli.context import Context, pass_context
from podcast_server.cli.studio import setup_address
from podcast_server.jobs.worker import once_the_database_answers, run_worker
from podcast_server.logs import set_up_logging
from podcast_server.services import choose_countries
from podcast_server.settings import PREFIX, Settings
from podcast_server.takeover import place_for_marks, wait_until_able

BEHIND_ANSWERS = 10  # of the 19 steps that a process can stand back for others


@click.command()
@click.option("--parent", type=int, hidden=True)
@pass_context
def worker(context: Context, parent: int | None) -> None:
    """Run the background jobs. `serve` does this by itself unless told not to."""
    try:
        # `serve` starts us with SIGINT held back, so that a stop in the first second is not
        # met in the middle of an import.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        if parent:
            # Beside a web server: who listens goes before what can be done a moment later.
            os.nice(BEHIND_ANSWERS)
        services = once_the_database_answers(lambda: context.services)
        run_worker(services, parent=parent)
    except KeyboardInterrupt:
        return


@click.command()
@click.option("--host", help="Overrides [server] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Overrides [server] port.")
@click.option("--jobs/--no-jobs", default=True, help="Also run the background jobs.")
@pass_context
def serve(context: Context, host: str | None, port: int | None, *, jobs: bool) -> None:
    """Start the web server: feeds, audio and pages. Ctrl-C stops it gracefully.

    SIGHUP loads program and configuration anew while it goes on serving.
    """
    settings = context.settings
    at = port or settings.server.port
    # Opening the services refuses a wrong set-up before any worker starts.
    here = address_here(settings.site.public_url, at)
    welcome = setup_address(context.services, here)
    choose_countries(settings)
    context.close()
    if context.config is not None:
        os.environ[PREFIX + "CONFIG"] = str(context.config.absolute())
    if welcome:
        click.echo(f"Nobody has set the studio up yet. Open {welcome}", err=True)
    if here != settings.site.public_url:
        click.echo(
            f"Addresses of feeds begin with {settings.site.public_url}: set [site] public_url to "
            f"{here} if nothing else listens there and leads here.",
            err=True,
        )
    run_server(settings, host or settings.server.host, at, jobs=jobs)


def address_here(public_url: str, port: int) -> str:
    """Where a browser on this machine finds the server: the public address, unless that is of this
    machine, without encryption, and of another port."""
    parts = urlsplit(public_url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"} and parts.scheme == "http"
    if not local or (parts.port or 80) == port:
        return public_url
    name = "[::1]" if parts.hostname == "::1" else parts.hostname
    return parts._replace(netloc=f"{name}:{port}").geturl()


def run_server(settings: Settings, host: str, port: int, *, jobs: bool = True) -> None:
    """Serve until told to stop. Workers read the configuration again from the environment."""
    require_free_port(host, port)
    click.echo(f"Serving {settings.site.public_url} on http://{host}:{port}", err=True)
    server = Server(
        "podcast_server.wsgi:create_for_granian",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.server.workers,
        blocking_threads=settings.server.threads,
        # Requests beyond the threads wait in the kernel's queue rather than in memory.
        backpressure=settings.server.threads * 2,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.error,
    )
    set_up_logging(settings.log)  # again, since the server has brought handlers of its own
    if jobs:
        _run_jobs_beside(server)
    server.on_reload(lambda: _load_anew(server))
    with place_for_marks():
        server.serve()


def _load_anew(server: Any) -> None:
    """At SIGHUP new workers take over while the old ones finish: in interpreters of their own,
    because a fork of this process would bring the program along as it was at the start."""
    server._spawn_method = "spawn"
    server._spawn_worker = partial(_spawn_and_wait, server)


def _spawn_and_wait(server: Any, **named: Any) -> Any:
    """A worker whose start ends when it can answer: only then its predecessor is stopped."""
    worker = type(server)._spawn_worker(server, **named)
    start = worker.start

    def start_and_wait() -> None:
        start()
        wait_until_able(worker.inner.pid, worker.inner.is_alive)

    worker.start = start_and_wait
    return worker


def require_free_port(host: str, port: int) -> None:
    """Raise ClickException unless we can listen there.

    The web server shares a port with whoever listens already, so without this two servers
    would answer in turn, each with its own data.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}. "
            "Stop the other server, or choose another with --port"
        ) from error


def _run_jobs_beside(server: Any) -> None:
    """Keep a worker process running with the server and end it with the server."""
    beside = Beside(
        [sys.executable, "-m", "podcast_server", "worker", "--parent", str(os.getpid())]
    )
    spawn_workers = server._spawn_workers

    def spawn_workers_first(*of: Any) -> None:
        # They are forks of this process: what a thread of it holds at that moment, they would
        # wait for until the end of days.
        spawn_workers(*of)
        beside.start()

    server._spawn_workers = spawn_workers_first
    server.on_reload(beside.replace)
    server.on_shutdown(beside.stop)
