"""A machine of its own for systemd units: a real systemd as the first process of namespaces.

It sees this machine's files through an overlay and changes none of them. It needs root, a systemd to
start, and the second version of control groups.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running import PATIENCE, ROOT, children

SYSTEMD = Path("/lib/systemd/systemd")
_NAMESPACES = ("--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup")


class NoMachine(Exception):
    """This machine does not let us start one; the text says why."""


@dataclass(frozen=True)
class Machine:
    """One that runs: its first process as seen from here, and where its control groups are."""

    first: int
    groups: Path

    def run(self, *command: str, folder: str = "/", check: bool = True) -> str:
        """What a command says that root gives on it. Raises AssertionError if it fails."""
        done = subprocess.run(
            [*self._inside, "env", "-i", "-C", folder, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin",
             *command],
            capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode:
            told = "" if command[0] == "journalctl" else self.log
            raise AssertionError(f"{command}\n{done.stdout}\n{done.stderr}\n{told}")
        return done.stdout.strip()

    @property
    def _inside(self) -> list[str]:
        enter = ("--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--root", "--wd")
        return ["nsenter", f"--target={self.first}", *enter]

    @property
    def log(self) -> str:
        return self.run("journalctl", "--no-pager", "--lines=60", "--output=cat", check=False)

    def told(self, unit: str, name: str) -> str:
        """What systemd says of a unit."""
        return self.run("systemctl", "show", unit, f"--property={name}", "--value")

    def processes(self, unit: str) -> list[int]:
        """Those of a service, as seen from here."""
        try:
            text = (self.groups / "system.slice" / unit / "cgroup.procs").read_text()
        except FileNotFoundError:
            return []
        return [int(word) for word in text.split()]


@contextlib.contextmanager
def machine(scratch: Path) -> Iterator[Machine]:
    """Boot one for the length of the block, with the program in /opt/podcast-server. Raises NoMachine."""
    with _groups() as groups, (scratch / "boot.log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(groups),
             "unshare", "--fork", "--kill-child", *_NAMESPACES,
             "sh", str(Path(__file__).with_name("boot.sh")), str(scratch), str(ROOT),
             sys.base_prefix, sysconfig.get_path("purelib")],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield _booted(process, groups, scratch / "boot.log")
        finally:
            for first in children(process.pid):
                os.kill(first, signal.SIGKILL)  # and with it all that it has started
            process.wait(timeout=PATIENCE)


def _booted(process: subprocess.Popen[bytes], groups: Path, log: Path) -> Machine:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for first in children(process.pid):
            started = Machine(first, groups)
            if started.run("systemctl", "is-active", "basic.target", check=False) == "active":
                return started
        time.sleep(0.1)
    # Nothing of ours has run yet: whatever it is, it is this machine's.
    raise NoMachine(f"systemd did not start: {log.read_text().strip()}")


@contextlib.contextmanager
def _groups() -> Iterator[Path]:
    """A control group for all that is started; empty and gone afterwards."""
    if os.geteuid() != 0:
        raise NoMachine("only root may make namespaces")
    if not SYSTEMD.exists():
        raise NoMachine("systemd is not installed")
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    top = next((Path(words[1]) for words in mounts if words[2] == "cgroup2"), None)
    if top is None:
        raise NoMachine("there are no control groups of the second version")
    ours = next(
        line.removeprefix("0::/")
        for line in Path("/proc/self/cgroup").read_text().splitlines()
        if line.startswith("0::/")
    )
    made = top / ours / f"podcast-server-test-{secrets.token_hex(4)}"
    try:
        made.mkdir()
    except OSError as error:
        raise NoMachine(f"control groups cannot be made: {error}") from error
    try:
        yield made
    finally:
        _remove(made)


def _remove(groups: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while groups.exists() and time.monotonic() < deadline:
        for path in sorted(groups.rglob("*"), reverse=True):
            if path.is_dir():
                with contextlib.suppress(OSError):  # one in which a process is ending
                    path.rmdir()
        with contextlib.suppress(OSError):
            groups.rmdir()
        time.sleep(0.05)
