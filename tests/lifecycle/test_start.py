"""What keeps a server from starting, and how it says so."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from podcast_server.database import _alembic_config, open_engine
from tests.installed import Filled
from tests.running import Installation

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
