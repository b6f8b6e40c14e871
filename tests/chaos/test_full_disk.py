"""A full disk: everybody is told, nothing is half there, and with room it goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from episodes.examination import waiting_uploads
from episodes.models import Episode
from episodes.storage.base import StorageUnavailable
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.invariants import World, broken_rules
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.services import Services, now_utc
from tests.builders import build_show
from tests.chaos.disks import SmallDisk, small_disk
from tests.chaos.moments import SOUND
from tests.chaos.uploading import begin, complete, send, state
from tests.running import Installation, installation

pytestmark = pytest.mark.slow
MEGABYTES = 12


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", MEGABYTES) as disk:
        yield disk


@pytest.fixture
def place(disk: SmallDisk) -> Installation:
    return installation(disk.folder)


@pytest.fixture
def services(place: Installation) -> Iterator[Services]:
    with place.services() as services:
        with services.sessions.begin() as session:
            build_show(session, now_utc(), slug="harbour")
        yield services


def broken(services: Services) -> list[object]:
    with services.sessions() as session:
        return list(broken_rules(World(session, services.storage, now_utc())))


def test_an_upload_stops_with_a_reason_and_goes_on_where_it_was(
    disk: SmallDisk, services: Services
) -> None:
    key = begin(services)
    with disk.full(), pytest.raises(StorageUnavailable, match="is full"):
        send(services, key)
    send(services, key)
    complete(services, key)
    examine_waiting_uploads(services, now_utc())
    assert state(services, key) == "ready"
    assert broken(services) == []


def test_the_examination_waits_for_room(disk: SmallDisk, services: Services) -> None:
    key = begin(services)
    send(services, key)
    complete(services, key)
    for _often in range(4):
        with disk.full(leave=64 * 1024):  # room for the database, not for the audio
            examine_waiting_uploads(services, now_utc())
        assert waiting_uploads(services.engine, now_utc()) in ([key], [])
    examine_waiting_uploads(services, now_utc())
    assert state(services, key) == "ready"
    assert broken(services) == []


def test_the_database_takes_all_of_a_change_or_nothing(disk: SmallDisk, services: Services) -> None:
    def enter(count: int) -> None:
        with services.sessions.begin() as session:
            for number in range(count):
                ensure_member(session, f"m{number}@example.org", now=now_utc())

    with disk.full(), pytest.raises(OperationalError, match="full"):
        enter(3000)
    with services.sessions() as session:
        assert session.scalars(select(Member.id)).all() == []
    enter(30)
    with services.sessions() as session:
        assert len(session.scalars(select(Member.id)).all()) == 30
    assert broken(services) == []


def test_commands_say_it_in_a_sentence_and_leave_no_half_backup(
    disk: SmallDisk, place: Installation, services: Services, tmp_path: Path
) -> None:
    audio = tmp_path / "a.mp3"
    audio.write_bytes(SOUND)
    for words in (
        ("backup", disk.folder / "backups"),
        ("episode", "add", audio, "--show", "harbour"),
    ):
        with disk.full(leave=64 * 1024):
            done = place.run(*words, check=False)
        assert done.returncode != 0
        assert "full" in done.stdout + done.stderr or "space" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
    with services.sessions() as session:
        assert session.scalars(select(Episode.id)).all() == []
    place.run("episode", "add", audio, "--show", "harbour")
    place.run("backup", disk.folder / "backups")
    assert len(list((disk.folder / "backups").glob("*Z"))) == 1
    assert broken(services) == []
