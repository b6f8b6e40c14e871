"""What journeys are made on: one machine, and several of which some are away now and then.

By default all are made on one machine, and those marked ``also_on_many_hosts`` on several hosts,
too, once each, whatever the variants: each costs seconds, and these do there what the others do.
With ``--many-hosts`` every journey is made there and nowhere else, in all its variants, but for
those that `one_machine.py` names with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser

from tests import postgresql
from tests.browser import chromium, with_demo
from tests.journeys.one_machine import reason_to_exempt
from tests.many_hosts.cluster import Ground, ground
from tests.many_hosts.network import NotPermitted
from tests.running import Installation, installation

HERE = Path(__file__).parent


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


ONE, MANY = "one machine", "many hosts"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "machines" in metafunc.fixturenames:
        kinds = _kinds(metafunc.config, metafunc.definition)
        metafunc.parametrize("machines", kinds, indirect=True, scope="module")


def _kinds(config: pytest.Config, item: pytest.Item) -> list[str]:
    if config.getoption("many_hosts"):
        return [ONE] if _reason_to_exempt(item) else [MANY]
    return [ONE, MANY] if item.get_closest_marker("also_on_many_hosts") else [ONE]


def _reason_to_exempt(item: pytest.Item) -> str:
    return reason_to_exempt(item.path.name, getattr(item, "originalname", item.name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    journeys = [item for item in items if item.path.parent == HERE]
    for item in journeys:
        if _is_on_many_hosts(item):
            # For the journey alone: the first of a file also waits until its hosts are up.
            item.add_marker(pytest.mark.timeout(300, func_only=True))
    choose = _elsewhere if config.getoption("many_hosts") else _again
    if left_out := choose(journeys):
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_on_many_hosts(item: pytest.Item) -> bool:
    variant = getattr(item, "callspec", None)
    return variant is not None and MANY in variant.params.values()


def _journey(item: pytest.Item) -> object:
    return getattr(item, "function", item)


def _again(journeys: Sequence[pytest.Item]) -> list[pytest.Item]:
    """By default each is made on many hosts in its first variant."""
    seen, again = set[object](), list[pytest.Item]()
    for item in journeys:
        if _is_on_many_hosts(item):
            (again.append(item) if _journey(item) in seen else seen.add(_journey(item)))
    return again


def _elsewhere(journeys: Sequence[pytest.Item]) -> list[pytest.Item]:
    """What is made on one machine, where all are made on many; the exempted say why they are not.

    Raises UsageError for a journey that would be made nowhere.
    """
    there = {_journey(item) for item in journeys if _is_on_many_hosts(item)}
    elsewhere = [item for item in journeys if not _is_on_many_hosts(item)]
    for item in elsewhere:
        reason = _reason_to_exempt(item)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
        elif _journey(item) not in there:
            raise pytest.UsageError(
                f"{item.nodeid} is not made on many hosts: let it take `machines` or `demo`, "
                "or say in tests/journeys/one_machine.py why it cannot be"
            )
    return [item for item in elsewhere if not _reason_to_exempt(item)]


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
    if request.param == ONE:
        return OneMachine()
    return ManyMachines(request.getfixturevalue("many_hosts"))


@pytest.fixture(scope="module")
def demo(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demo's show and people, not yet served."""
    return with_demo(machines.installation(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(demo: Installation) -> Iterator[Installation]:
    """The sample show, and a server for it."""
    with demo.serving():
        yield demo
