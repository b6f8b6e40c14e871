"""What can be killed: PostgreSQL, the S3 server, web processes, workers. Each starts again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import psycopg

from tests import seaweedfs
from tests.ports import free_port
from tests.postgresql import binaries
from tests.running import Installation, wait_until_up

READY_SECONDS = 90


class Victim(Protocol):
    """Something that dies without a warning and comes back with what it had on disk."""

    def kill(self) -> None: ...

    def start(self) -> None:
        """Return once it answers."""
        ...


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class PostgreSQL:
    """A server of its own, with the given settings; it recovers from its log when it starts.

    ``at`` is where its folder lies, and must be short: a socket's path has 107 bytes.
    """

    def __init__(self, at: Path | None = None, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=at))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        defaults = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # the machine itself stays on: what was written is in its memory
        }
        pairs = (defaults | settings).items()
        self._options = " ".join(f"-c {name}='{value}'" for name, value in pairs)
        self._as_tests("initdb", "-A", "trust", "-U", "tests", "-N", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://tests@/postgres?host={self.folder}"

    def let_in(self, network: str) -> None:
        """Trust whoever comes from a network."""
        with (self.folder / "data" / "pg_hba.conf").open("a") as file:
            file.write(f"host all all {network} trust\n")

    def start(self) -> None:
        log = str(self.folder / "log")
        self._as_tests("pg_ctl", "-w", "-t", "300", "-o", self._options, "-l", log, "start")
        self._wait()

    @property
    def is_alive(self) -> bool:
        """Whether its head runs."""
        try:
            number = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        except (FileNotFoundError, IndexError):
            return False
        return is_running(int(number))

    def kill(self) -> None:
        head = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        group = [head, *children_of(head)]  # each backend is the leader of its own group
        for number in group:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        deadline = time.monotonic() + READY_SECONDS
        while any(is_running(number) for number in group) and time.monotonic() < deadline:
            time.sleep(0.01)
        # Where nobody buries the dead (some containers), their number would still look alive.
        (self.folder / "data" / "postmaster.pid").unlink()
        (self.folder / ".s.PGSQL.5432.lock").unlink()

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="tests", dbname="postgres").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _as_tests(self, program: str, *words: str) -> None:
        programs = binaries()
        assert programs is not None
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(programs / program), "-D", str(self.folder / "data"), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def children_of(parent: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)
    return [int(number) for number in found.stdout.split()]


def is_running(number: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class S3:
    """A SeaweedFS of its own that keeps its files and ports when it dies."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self._address = address
        self._ports = [free_port() for _ in range(2 * len(seaweedfs.PORTS))]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        seaweedfs.write_identities(folder)
        port = self._ports[2 * seaweedfs.PORTS.index("s3")]
        self.server = seaweedfs.S3Server(f"http://{address}:{port}")

    def start(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                seaweedfs.start_command(self._ports, self._address),
                cwd=self._folder,
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert seaweedfs.wait_until_it_answers(self.server, self._process)

    def kill(self) -> None:
        if self._process is not None:
            end(self._process)


class Program:
    """A process of an installation: `serve`, `worker`, or a module that is named.

    It runs on a host of its own where ``before`` leads to one.
    """

    def __init__(
        self,
        place: Installation,
        *words: str,
        before: Sequence[str] = (),
        module: str = "podcast_server",
    ) -> None:
        self._place = place
        self._words = words
        self._before = before
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._place.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._before, sys.executable, "-m", self._module, *self._words],
                cwd=self._place.folder,
                env=self._place.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self.serves and not self._before:
            wait_until_up(self._place.url, self._process, self._place.log)

    def kill(self) -> None:
        if self._process is not None:
            end(self._process)

    def freeze(self) -> None:
        """It keeps its connections, and answers nobody."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    @property
    def serves(self) -> bool:
        """Whether it is a web host."""
        return self._words[:1] == ("serve",)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs by itself."""
        return self._process is not None and self._process.poll() is None


@contextlib.contextmanager
def killed_afterwards(*victims: Victim) -> Iterator[None]:
    """Whatever a test did, nothing of it stays."""
    try:
        yield
    finally:
        for victim in victims:
            victim.kill()
