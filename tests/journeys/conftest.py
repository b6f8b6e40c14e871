"""What journeys are made on: one machine, and several of which some are away now and then.

What is marked ``also_on_many_hosts`` is made on both; on many hosts once, whatever the variants.
Of the others are made on one machine alone:

- accessibility, lighthouse: what a page looks like is the same wherever it comes from
- shared cache, backup: a front of their own, and a folder of one machine
- a passkey: it belongs to the name ``localhost``, where the cluster goes by a number
- an upload over a server that restarts: it looks for the file in the folder of one machine
- an editor of one show: it asks some hundred addresses by itself, without patience
- a member goes on on another device: it counts on the first answer of a script
- a card's months, trials and refunds; the player; prices: their hosts do nothing that the
  journeys which are made there do not, and each costs seconds
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests import postgresql
from tests.browser import with_demo
from tests.many_hosts.cluster import Ground, ground
from tests.many_hosts.network import NotPermitted
from tests.running import Installation, installation


class Machines(Protocol):
    """Where an installation can be made."""

    address: str  # what the machines reach this test by

    def installation(self, folder: Path, **extra: str) -> Installation:
        """A fresh one; settings by environment names."""


class OneMachine:
    """Everything on this one, in a folder."""

    address = "127.0.0.1"

    def installation(self, folder: Path, **extra: str) -> Installation:
        return installation(folder, **extra)


class ManyMachines:
    """Two web hosts and two workers behind a front."""

    def __init__(self, made: Ground) -> None:
        self._ground = made
        self.address = made.net.address

    def installation(self, folder: Path, **extra: str) -> Installation:
        return self._ground.installation(folder, **extra)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "machines" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("also_on_many_hosts")
        kinds = ["one machine", "many hosts"] if marked else ["one machine"]
        metafunc.parametrize("machines", kinds, indirect=True, scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On many hosts each journey is made in its first variant."""
    seen, again = set[object](), list[pytest.Item]()
    for item in items:
        if "[many hosts" in item.name:
            item.add_marker(pytest.mark.timeout(300))
            journey = getattr(item, "function", item)
            (again.append(item) if journey in seen else seen.add(journey))
    if again:
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in again]


@pytest.fixture(scope="session")
def many_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The network, PostgreSQL and S3, once for the whole session."""
    if postgresql.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    try:
        with ground(tmp_path_factory.mktemp("ground")) as made:
            yield made
    except NotPermitted as error:
        pytest.skip(f"no network namespaces here: {error}")


@pytest.fixture(scope="module")
def machines(request: pytest.FixtureRequest) -> Machines:
    if request.param == "one machine":
        return OneMachine()
    return ManyMachines(request.getfixturevalue("many_hosts"))


@pytest.fixture(scope="module")
def demo(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demo's show and people, not yet served."""
    return with_demo(machines.installation(tmp_path_factory.mktemp("demo")))
