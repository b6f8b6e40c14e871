"""The command line without the second and more of processor time that loading the program takes.

A process loads it once and waits. Each command is a fork of that process with an environment, a
folder and outputs of its own, which begins where `python -m podcast_server` gets to once everything
is imported, and ends as that does. Nothing of the program has run in it before.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent


def run_prepared(
    words: Sequence[str], folder: Path, environ: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run one command; raises subprocess.TimeoutExpired after so many seconds."""
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with theirs:
            fds = [theirs.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(_waiting(), [b"."], fds)
        ours.sendall(json.dumps([list(words), str(folder), dict(environ)]).encode())
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(timeout)
        with ours.makefile("r") as answers:
            pid = int(answers.readline())
            try:
                status = int(answers.readline())
            except TimeoutError as error:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(words), timeout) from error
        out.seek(0)
        err.seek(0)
        code = os.waitstatus_to_exitcode(status)
        return subprocess.CompletedProcess(list(words), code, out.read(), err.read())


@lru_cache(maxsize=1)
def _waiting() -> socket.socket:
    """The way to the process that waits; it ends when this is closed, at the latest with us."""
    ours, theirs = socket.socketpair()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PODCAST_SERVER_")}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.prepared"],
            cwd=ROOT,
            env=clean | {"PYTHONPATH": str(ROOT)},
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _next_command(control: socket.socket) -> None:
    """Return only in a fork that is to become a command, in that command's surroundings."""
    while True:
        _reap()
        asked, fds, _, _ = socket.recv_fds(control, 1, 3)
        if not asked:
            sys.exit()
        if os.fork() == 0:
            break
        for fd in fds:
            os.close(fd)
    control.close()
    with socket.socket(fileno=fds[0]) as client:
        with client.makefile("r") as request:
            wanted = json.load(request)
        if command := os.fork():
            client.sendall(f"{command}\n".encode())
            _, status = os.waitpid(command, 0)
            client.sendall(f"{status}\n".encode())
            os._exit(0)
    _become(*wanted, *fds[1:])


def _reap() -> None:
    """Let those go that have told how their commands ended; what they took counts as ours."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become(words: Sequence[str], folder: str, environ: dict[str, str], *outputs: int) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["podcast-server", *words]
    for ours, given in enumerate(outputs, start=1):
        os.dup2(given, ours)
        os.close(given)


def _wait_for_commands() -> None:
    """Load the program, and be forked from then on."""
    # Not in the process that only asks for commands.
    from podcast_server.cli.main import main, root

    loading = click.Context(root)
    for name in root.list_commands(loading):
        root.get_command(loading, name)
    gc.freeze()  # what is loaded is not looked through in each fork again
    control = socket.socket(fileno=os.dup(0))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    _next_command(control)
    main()


if __name__ == "__main__":
    _wait_for_commands()
