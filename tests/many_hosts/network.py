"""Several hosts on one machine: network namespaces on a bridge that leads nowhere else."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


class NotPermitted(Exception):
    """This machine does not let us make networks; the text is the system's."""


@dataclass(frozen=True)
class Host:
    """A host: its address, and what to put before a command to run it there."""

    address: str
    before: tuple[str, ...]
    cable: str = ""

    def unplug(self) -> None:
        """Nothing reaches it any more, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        _ip("link", "set", self.cable, "up")


@dataclass(frozen=True)
class Network:
    """A bridge with our own address on it, and hosts."""

    address: str
    hosts: tuple[Host, ...]

    @property
    def range(self) -> str:
        return self.address.rpartition(".")[0] + ".0/24"


@contextlib.contextmanager
def network(count: int) -> Iterator[Network]:
    """Make hosts that reach us and each other, and nothing else. Raises NotPermitted."""
    if os.geteuid() != 0:
        raise NotPermitted("only root may make network namespaces")
    mark = secrets.token_hex(3)
    bridge, prefix = f"pb{mark}", f"10.{secrets.randbelow(100) + 100}.{secrets.randbelow(250)}"
    names = [f"pod-{mark}-{number}" for number in range(count)]
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{prefix}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        hosts = [
            _host(name, bridge, f"v{mark}{number}", f"{prefix}.{number + 10}")
            for number, name in enumerate(names)
        ]
        yield Network(f"{prefix}.1", tuple(hosts))
    finally:
        for words in [*(("netns", "del", name) for name in names), ("link", "del", bridge)]:
            with contextlib.suppress(NotPermitted):  # what was never made
                _ip(*words)


def _host(name: str, bridge: str, cable: str, address: str) -> Host:
    inside = ("netns", "exec", name, "ip")
    _ip("netns", "add", name)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", cable, "master", bridge, "up")
    _ip(*inside, "addr", "add", f"{address}/24", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    _ip(*inside, "link", "set", "lo", "up")
    return Host(address, ("ip", "netns", "exec", name), cable)


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NotPermitted("`ip` (iproute2) is not installed") from error
    if done.returncode:
        raise NotPermitted(f"{' '.join(command)}: {done.stderr.strip()}")
