"""One filled installation for all tests of starting, stopping and crashing."""

from __future__ import annotations

import pytest

from tests.installed import Filled, fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill(tmp_path_factory.mktemp("filled"))
