"""`doctor` finds each thing that can be wrong, and says what to do."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from podcast_server.backup.seal import new_identity
from podcast_server.jobs.worker import open_queue
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


@pytest.mark.parametrize("setting", ["AGENT_LIST", "COUNTRY_DATABASE"])
def test_a_list_for_the_statistics_that_is_not_there(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}DOWNLOADS__{setting}", "nowhere")
    assert "[downloads]" in failing(terminal, "statistics")["advice"]


@pytest.mark.parametrize(
    ("folder", "recipient"), [("safe", "age1nobody"), ("s3://", ""), ("data/signing-keys.json", "")]
)
def test_scheduled_backups_that_can_never_be_made(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, folder: str, recipient: str
) -> None:
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", folder)
    monkeypatch.setenv(PREFIX + "BACKUP__RECIPIENT", recipient)
    failing(terminal, "backups")


def test_scheduled_backups_are_told_with_the_newest(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(terminal)["backups"]["level"] == "note"
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", "safe")
    assert findings(terminal)["backups"]["message"] == "safe: none yet"
    terminal.run("backup")
    assert "safe: the newest of 20" in findings(terminal)["backups"]["message"]


def test_a_public_address_without_https(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "SITE__PUBLIC_URL", "http://podcast.example.org")
    assert "https" in failing(terminal, "public address")["advice"]


@pytest.mark.thorough
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


def audio_file(terminal: Terminal) -> Path:
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour")
    [path] = (terminal.folder / "data" / "storage").rglob("audio-*.mp3")
    return path


@pytest.mark.thorough
@pytest.mark.parametrize("options", [("--repair",), ("--deep", "--repair")])
def test_a_missing_file_comes_back_from_the_backup(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    path = audio_file(terminal)
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", "backups")
    terminal.run("backup")
    sound = path.read_bytes()
    path.unlink()
    assert "--repair" in failing(terminal, "files of episodes")["advice"]
    assert findings(terminal, *options)["files of episodes"]["level"] == "ok"
    assert path.read_bytes() == sound


@pytest.mark.thorough
def test_a_damaged_file_comes_back_from_the_backup(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = audio_file(terminal)
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", "backups")
    terminal.run("backup")
    sound = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(sound[:-1] + b"?")
    findings(terminal, "--deep", code=1)
    findings(terminal, "--deep", "--repair")
    assert path.read_bytes() == sound


@pytest.mark.thorough
def test_what_is_damaged_in_the_backup_too_is_not_brought_back(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = audio_file(terminal)
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", "backups")
    terminal.run("backup")
    path.unlink()
    [there] = (terminal.folder / "backups" / "objects").rglob("audio-*.mp3")
    there.write_bytes(there.read_bytes()[:-1] + b"?")
    found = findings(terminal, "--repair", code=1)["files of episodes"]
    assert "damaged in the backup" in found["message"]
    assert not path.exists()


def test_without_a_backup_it_says_where_to_put_a_missing_file(terminal: Terminal) -> None:
    path = audio_file(terminal)
    path.unlink()
    found = findings(terminal, "--repair", code=1)["files of episodes"]
    assert path.name in found["message"]
    assert str(terminal.folder / "data" / "storage") in found["advice"]


@pytest.mark.thorough
def test_a_file_in_an_encrypted_backup_comes_back_with_the_identity(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = audio_file(terminal)
    secret, recipient = new_identity()
    (terminal.folder / "identity.txt").write_text(secret)
    monkeypatch.setenv(PREFIX + "BACKUP__FOLDER", "backups")
    monkeypatch.setenv(PREFIX + "BACKUP__RECIPIENT", recipient)
    terminal.run("backup")
    sound = path.read_bytes()
    path.unlink()
    found = findings(terminal, "--repair", code=1)["files of episodes"]
    assert "--identity" in found["advice"]
    findings(terminal, "--repair", "--identity", "identity.txt")
    assert path.read_bytes() == sound


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_before_init_it_makes_nothing_and_says_init(bare: Terminal) -> None:
    found = findings(bare, code=1)
    for check in ("signing keys", "database", "storage", "data folder"):
        assert "init" in found[check]["advice"]
    for words in (["show", "list"], ["backup", "b"], ["export", "archive", "x.tar"]):
        assert "init" in bare.run(*words, code=1).output
    assert list(bare.folder.iterdir()) == []


@pytest.mark.thorough
@pytest.mark.usefixtures("usual_umask")
def test_what_init_makes_is_for_its_owner_alone(bare: Terminal) -> None:
    bare.run("init")
    data = bare.folder / "data"
    services = open_services(load_settings(None, {}))
    with services.sessions.begin() as session:  # while -wal and -shm are there
        session.execute(text("UPDATE job_runs SET error = ''"))
        open_queue(services)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    services.close()
    assert {"podcast.sqlite3-wal", "podcast.sqlite3-shm", "queue.sqlite3"} <= set(modes)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {name for name, mode in modes.items() if mode & 0o077 and name != "storage"} == set()


@pytest.mark.thorough
@pytest.mark.usefixtures("usual_umask")
def test_a_front_that_sends_the_audio_may_pass_through(
    bare: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "SERVER__ACCEL_PREFIX", "/internal-audio")
    bare.run("init")
    assert stat.S_IMODE((bare.folder / "data").stat().st_mode) == 0o710
    assert findings(bare)["data folder"]["level"] == "ok"
    monkeypatch.delenv(PREFIX + "SERVER__ACCEL_PREFIX")
    assert "710" in failing(bare, "data folder")["message"]


def test_data_that_others_may_read_is_found_and_closed(terminal: Terminal) -> None:
    data = terminal.folder / "data"
    data.chmod(0o755)
    (data / "podcast.sqlite3").chmod(0o644)
    (data / "queue.sqlite3").touch(0o644)
    found = failing(terminal, "data folder")
    assert "podcast.sqlite3 (mode 644)" in found["message"]
    assert findings(terminal, "--repair")["data folder"]["level"] == "ok"
    for path, mode in ((data, 0o700), (data / "podcast.sqlite3", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert findings(terminal)["data folder"]["level"] == "ok"
