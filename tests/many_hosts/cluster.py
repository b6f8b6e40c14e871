"""Two web hosts and two workers behind nginx, on one PostgreSQL and one S3 bucket."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from podcast_server.cli.setup import initialise
from podcast_server.invariants import World, broken_rules
from podcast_server.services import now_utc
from podcast_server.settings import load_settings
from tests.chaos.victims import S3, PostgreSQL, Program, killed_afterwards
from tests.many_hosts.front import nginx_before
from tests.many_hosts.network import Host, Network, network
from tests.many_hosts.patience import hosts_may_be_away
from tests.many_hosts.trouble import Machine, trouble, wait_until_back
from tests.postgresql import Databases
from tests.running import Installation, free_port
from tests.seaweedfs import SHARED_BUCKET

PORT = 8000  # of every web host, on its own address


@dataclass(frozen=True)
class Ground:
    """The network and what the hosts share; each installation has a database and a prefix in it."""

    net: Network
    database: PostgreSQL
    storage: S3
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def installation(self, folder: Path, **extra: str) -> ManyHosts:
        """A fresh installation; ``folder`` is the desk from which commands are given."""
        made = ManyHosts(folder, free_port(), self._shared() | _environ(extra), self.net)
        initialise(load_settings(None, made.environ))
        return made

    def _shared(self) -> dict[str, str]:
        """What is the same on every host."""
        name = Databases(self.database.url).create().partition("/test_")[2].partition("?")[0]
        prefix = f"site-{next(self.numbers)}"
        settings = self.storage.server.settings(SHARED_BUCKET, prefix=prefix)
        return _environ({
            "database__url": f"postgresql+psycopg://tests@{self.net.address}/test_{name}",
            "storage__backend": "s3",
            "storage__bucket": settings.bucket,
            "storage__prefix": settings.prefix,
            "storage__endpoint": settings.endpoint,
            "storage__access_key": settings.access_key,
            "storage__secret_key": settings.secret_key,
            "server__trusted_proxies": "1",
        })  # fmt: skip


def _environ(settings: dict[str, str]) -> dict[str, str]:
    return {f"PODCAST_SERVER_{name.upper()}": text for name, text in settings.items()}


@contextlib.contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """One front, two web hosts, two workers, PostgreSQL and S3. Raises NotPermitted."""
    with network(5) as net:
        database = PostgreSQL(listen_addresses=net.address, port="5432")
        storage = S3(folder / "s3", net.address)
        try:
            with killed_afterwards(storage):
                database.let_in(net.range)
                database.start()
                storage.start()
                yield Ground(net, database, storage)
        finally:
            database.remove()


@dataclass
class ManyHosts(Installation):
    """An installation that is served by several hosts, of which some are always away."""

    net: Network

    @contextlib.contextmanager
    def serving(self) -> Iterator[Path]:
        """Serve behind the front while hosts come and go; in the end nothing is lost or doubled.

        The log that it gives is of all hosts together.
        """
        with self.hosts() as pairs, hosts_may_be_away(), trouble(pairs):
            yield self.log
        assert self.broken() == []

    @contextlib.contextmanager
    def hosts(self) -> Iterator[tuple[tuple[Machine, Machine], ...]]:
        """Serve behind the front, in peace; gives the pairs of a web host and a worker."""
        front = self.net.hosts[0]
        (self.folder / "front").mkdir(exist_ok=True)
        with self.pairs() as pairs:
            hosts = [web.host for web, _worker in pairs]
            with nginx_before(hosts, self.port, front, self.folder / "front"):
                yield pairs

    @contextlib.contextmanager
    def pairs(self) -> Iterator[tuple[tuple[Machine, Machine], ...]]:
        """Two web hosts and two workers, with nothing before them yet."""
        words = [("serve", "--no-jobs")] * 2 + [("worker",)] * 2
        machines = [
            Machine(host, Program(self._place_on(host), *each, before=host.before))
            for host, each in zip(self.net.hosts[1:], words, strict=True)
        ]
        with killed_afterwards(*(machine.program for machine in machines)):
            for machine in machines:
                machine.rise()
            wait_until_back(machines)
            yield tuple(zip(machines[:2], machines[2:], strict=True))

    def broken(self) -> list[str]:
        """What `doctor --deep` finds lost, doubled or leaked."""
        with self.services() as services, services.sessions() as session:
            world = World(session, services.storage, now_utc())
            return [f"{each.rule}: {each.where}" for each in broken_rules(world)]

    def _place_on(self, host: Host) -> Installation:
        """A data folder of its own, with nothing shared in it but the signing keys."""
        folder = self.folder / host.address
        (folder / "data").mkdir(parents=True, exist_ok=True)
        with self.services() as services:
            shutil.copy(services.settings.keys_file, folder / "data")
        own = {
            "PODCAST_SERVER_SERVER__HOST": host.address,
            "PODCAST_SERVER_SERVER__PORT": str(PORT),
            "PODCAST_SERVER_DATA_FOLDER": str(folder / "data"),
            "PODCAST_SERVER_SITE__PUBLIC_URL": self.environ["PODCAST_SERVER_SITE__PUBLIC_URL"],
        }
        (folder / "server.log").unlink(missing_ok=True)
        (folder / "server.log").symlink_to(self.log)  # all append to one
        return Installation(folder, PORT, self.extra | own)
