"""Hosts are taken away and brought back, one web host and one worker at a time."""

from __future__ import annotations

import itertools
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.victims import Program
from tests.many_hosts.network import Host

AWAY_SECONDS, CALM_SECONDS = 2.0, 6.0
BACK_SECONDS = 120.0


@dataclass(frozen=True)
class Machine:
    """A host and the program that runs on it."""

    host: Host
    program: Program

    def die(self) -> None:
        self.program.kill()

    def rise(self) -> None:
        self.program.start()

    def lose_power(self) -> None:
        """Whoever is connected to it is not told that it is gone."""
        self.host.unplug()
        self.program.kill()

    def get_power(self) -> None:
        self.host.plug()
        self.program.start()

    def is_back(self) -> bool:
        """It runs, and where it is a web host it answers."""
        return self.program.is_alive and (not self.program.serves or answers(self.host.address))


WAYS: tuple[tuple[Callable[[Machine], None], Callable[[Machine], None]], ...] = (
    (Machine.die, Machine.rise),
    (lambda machine: machine.host.unplug(), lambda machine: machine.host.plug()),
    (Machine.lose_power, Machine.get_power),
)


def answers(address: str) -> bool:
    """Whether a web host is up."""
    try:
        with urllib.request.urlopen(f"http://{address}:8000/health", timeout=2) as got:
            return bool(got.status == 200)
    except OSError:
        return False


def wait_until_back(machines: Sequence[Machine]) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while not all(machine.is_back() for machine in machines):
        assert time.monotonic() < deadline, "a host did not come back"
        time.sleep(0.2)


@dataclass
class Trouble:
    """What was done to the hosts."""

    times: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None

    def make(self, pairs: Sequence[tuple[Machine, Machine]]) -> None:
        """Round and round, until told to stop; every host is there at the end."""
        turns = zip(itertools.cycle(pairs), (way for way in itertools.cycle(WAYS) for _ in pairs))
        try:
            while not (self.times and self.stop.wait(CALM_SECONDS)):
                pair, (take, bring) = next(turns)
                for machine in pair:
                    take(machine)
                self.times += 1
                self.stop.wait(AWAY_SECONDS)
                for machine in pair:
                    bring(machine)
                wait_until_back(pair)
        except BaseException as failure:
            self.failure = failure


@contextmanager
def trouble(pairs: Sequence[tuple[Machine, Machine]]) -> Iterator[Trouble]:
    """Takes away one pair after the other while the block runs, the first of them at once."""
    made = Trouble()
    thread = threading.Thread(target=made.make, args=(pairs,), name="trouble")
    thread.start()
    try:
        yield made
    finally:
        made.stop.set()
        thread.join()
    if made.failure is not None:
        raise made.failure
