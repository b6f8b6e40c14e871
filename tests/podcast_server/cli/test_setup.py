"""`init` and `serve` as typed for the first time, and on what is there already."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from podcast_server.cli.serve import address_here
from podcast_server.database import open_engine, schema_versions
from tests.podcast_server.cli.conftest import Terminal


def test_init_leaves_an_older_database_as_it_is_and_says_migrate(terminal: Terminal) -> None:
    engine = open_engine(f"sqlite:///{terminal.folder}/data/podcast.sqlite3")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '03c3ae5c057d'"))
    said = terminal.run("init", code=1).output
    assert "backup" in said
    assert "podcast-server migrate" in said
    assert schema_versions(engine)[0] == "03c3ae5c057d"
    engine.dispose()


def test_init_again_changes_nothing(terminal: Terminal) -> None:
    keys = (terminal.folder / "data" / "signing-keys.json").read_bytes()
    assert "there already" in terminal.run("init").output
    assert (terminal.folder / "data" / "signing-keys.json").read_bytes() == keys


@pytest.mark.parametrize(
    ("public_url", "port", "here"),
    [
        ("http://127.0.0.1:8000", 8731, "http://127.0.0.1:8731"),
        ("http://127.0.0.1:8000", 8000, "http://127.0.0.1:8000"),
        ("http://localhost", 8731, "http://localhost:8731"),
        ("http://[::1]:8000", 8731, "http://[::1]:8731"),
        ("https://localhost", 8731, "https://localhost"),
        ("https://podcast.example.org", 8731, "https://podcast.example.org"),
    ],
)
def test_the_address_to_open_has_the_port_that_is_served(
    public_url: str, port: int, here: str
) -> None:
    assert address_here(public_url, port) == here


def test_serve_refuses_a_country_database_that_is_not_there_before_any_worker_starts(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCAST_SERVER_DOWNLOADS__COUNTRY_DATABASE", "countries.mmdb")
    monkeypatch.setattr("podcast_server.cli.serve.run_server", None)
    said = terminal.run("serve", code=1).output
    assert str(terminal.folder / "countries.mmdb") in said
