"""`doctor` finds each thing that can be wrong, and says what to do."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from sqlalchemy import text

from podcast_server.services import open_services
from podcast_server.settings import load_settings
from tests.podcast_server.cli.conftest import Terminal

PREFIX = "PODCAST_SERVER_"


def findings(terminal: Terminal, *options: str, code: int = 0) -> dict[str, Any]:
    return {each["check"]: each for each in terminal.json("doctor", *options, code=code)}


def failing(terminal: Terminal, check: str) -> dict[str, Any]:
    found: dict[str, Any] = findings(terminal, code=1)[check]
    assert found["level"] == "failed"
    assert found["advice"]
    return found


def test_a_fresh_installation_has_nothing_that_fails(terminal: Terminal) -> None:
    assert {each["level"] for each in findings(terminal).values()} <= {"ok", "note"}


def test_without_keys_it_says_init(terminal: Terminal) -> None:
    (terminal.folder / "data" / "signing-keys.json").unlink()
    assert "init" in failing(terminal, "signing keys")["advice"]


def test_keys_that_others_may_read_are_found(terminal: Terminal) -> None:
    (terminal.folder / "data" / "signing-keys.json").chmod(0o644)
    assert "chmod 600" in failing(terminal, "signing keys")["advice"]


def test_an_old_schema_names_the_command(terminal: Terminal) -> None:
    services = open_services(load_settings(None, {}))
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '03c3ae5c057d'"))
    services.close()
    assert "migrate" in failing(terminal, "database")["message"]


def test_a_database_that_does_not_answer(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "DATABASE__URL", "postgresql://nobody:geheim@127.0.0.1:1/x")
    found = failing(terminal, "database")
    assert "geheim" not in str(found)


def test_a_storage_that_cannot_be_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (terminal.folder / "blocked").write_text("a file, not a folder")
    monkeypatch.setenv(PREFIX + "STORAGE__FOLDER", str(terminal.folder / "blocked"))
    failing(terminal, "storage")


def test_a_mail_server_that_does_not_answer(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "MAIL__HOST", "127.0.0.1")
    monkeypatch.setenv(PREFIX + "MAIL__PORT", "1")
    failing(terminal, "mail")


def test_a_payment_key_that_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "STRIPE__SECRET_KEY", "pk_live_public")
    found = failing(terminal, "payments")
    assert "pk_live_public" not in str(found)


def test_a_payment_key_without_webhooks(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "STRIPE__SECRET_KEY", "sk_test_secret")
    assert "webhook_secrets" in failing(terminal, "payments")["advice"]


def test_a_public_address_without_https(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "SITE__PUBLIC_URL", "http://podcast.example.org")
    assert "https" in failing(terminal, "public address")["advice"]


def test_leftovers_of_a_crash_are_found_and_deleted_when_asked(terminal: Terminal) -> None:
    services = open_services(load_settings(None, {}))
    storage = terminal.folder / "data" / "storage"
    services.close()
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour")
    [kept] = storage.rglob("*.mp3")
    left = kept.with_name("audio-" + "0" * 16 + ".mp3")
    left.write_bytes(b"half an upload")
    long_ago = time.time() - 7200
    os.utime(left, (long_ago, long_ago))
    assert "doctor --repair" in findings(terminal)["stored files"]["advice"]
    findings(terminal, "--repair")
    assert not left.exists()
    assert kept.exists()


def test_the_words_for_people_carry_the_advice(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "SITE__PUBLIC_URL", "http://podcast.example.org")
    told = terminal.run("doctor", code=1).output
    assert "✗ public address" in told
    assert "→ put Caddy" in told


def test_starting_on_an_old_schema_says_how_to_mend_it(terminal: Terminal) -> None:
    services = open_services(load_settings(None, {}))
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '03c3ae5c057d'"))
    services.close()
    assert "migrate" in terminal.run("member", "list", code=1).output
