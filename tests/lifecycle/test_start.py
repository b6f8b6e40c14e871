"""What keeps a server from starting, and how it says so."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from podcast_server.database import _alembic_config, open_engine
from tests.installed import Filled
from tests.running import (
    PATIENCE,
    Installation,
    fetch,
    free_port,
    installation,
    wait_until_up,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def place(filled: Filled, tmp_path: Path) -> Installation:
    return filled.copy(tmp_path)


def set_back(place: Installation) -> None:
    """Give the installation the very first schema instead of today's."""
    path = place.folder / "data" / "podcast.sqlite3"
    path.unlink()
    engine = open_engine(f"sqlite:///{path}")
    config = _alembic_config(engine)
    [first] = ScriptDirectory.from_config(config).get_bases()
    command.upgrade(config, first)
    engine.dispose()


def test_an_old_schema_is_refused_with_the_command_that_mends_it(place: Installation) -> None:
    set_back(place)
    refused = place.run("serve", check=False)
    assert refused.returncode == 1
    assert "make a backup, then run `podcast-server migrate`" in refused.stderr
    assert "Migrated from" in place.run("migrate").stdout
    with place.server("--no-jobs"):
        pass  # it starts


def test_a_port_in_use_is_refused_rather_than_shared(place: Installation) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        refused = place.run("serve", check=False)
    assert refused.returncode == 1
    assert f"port {place.port}: Address already in use" in refused.stderr


def test_missing_keys_are_refused_with_the_command_that_makes_them(place: Installation) -> None:
    (place.folder / "data" / "signing-keys.json").unlink()
    refused = place.run("serve", check=False)
    assert refused.returncode == 1
    assert "run `podcast-server init`" in refused.stderr


def test_nonsense_in_the_settings_is_refused_by_key_and_value(place: Installation) -> None:
    place.extra["PODCAST_SERVER_SERVER__WORKERS"] = "many"
    refused = place.run("serve", check=False)
    assert refused.returncode == 1
    assert "workers" in refused.stderr
    assert "many" in refused.stderr


def test_another_port_is_in_the_address_that_is_to_be_opened(tmp_path: Path) -> None:
    place = installation(tmp_path)
    other = free_port()
    with place.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "podcast_server", "serve", "--no-jobs", "--port", str(other)],
            cwd=tmp_path,
            env=place.environ,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_up(f"http://127.0.0.1:{other}", process, place.log)
        said = place.log.read_text()
        [address] = re.findall(r"Open (\S+)", said)
        assert address.startswith(f"http://127.0.0.1:{other}/studio/set-up?code=")
        assert fetch(address).status == 200
    finally:
        process.terminate()
        process.wait(PATIENCE)
