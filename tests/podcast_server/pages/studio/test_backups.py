"""The owner sees backups, says when they are made, and takes an encrypted one along."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from episodes.models import Episode, Show
from feeds.delivery.lane import Lane
from feeds.tokens import save_signing_keys
from podcast_server.app import create_app
from podcast_server.backup.backup import make_backup
from podcast_server.backup.places import FolderPlace
from podcast_server.backup.regular import back_up_when_due
from podcast_server.backup.seal import new_identity
from podcast_server.services import Services
from podcast_server.settings import BackupSettings
from podcast_server.site.choices import SiteChoices
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/site/backups"
CHOSEN = {"every": "daily", "hour": "4", "zone": "Europe/Paris", "keep": "2"}
Open = Callable[..., tuple[Desk, Services]]


@pytest.fixture
def open_desk(services: Services, lane: Lane, clock: Clock, hire: Callable[..., Desk]) -> Open:
    """An owner where the operator gave a folder, and what else is said."""
    hire("owner")

    def make(**section: Any) -> tuple[Desk, Services]:
        backup = BackupSettings.model_validate({"folder": "backups", **section})
        settings = services.settings.model_copy(update={"backup": backup})
        kept = replace(services, settings=settings, site_choices=SiteChoices())
        app: Flask = create_app(kept, lane, lambda: clock.now)
        desk = Desk(app, HTTP_HOST="127.0.0.1:8000")
        desk.enter("owner@example.org")
        return desk, kept

    return make


def back_up(services: Services, now: datetime, recipient: str = "") -> FolderPlace:
    place = FolderPlace(services.settings.home / "backups")
    make_backup(
        services,
        place,
        with_keys=bool(recipient),
        recipient=recipient,
        now=now,
        progress=lambda _key: None,
    )
    return place


def test_without_a_place_it_says_what_to_ask_for(owner: Desk) -> None:
    page = owner.get(PAGE).text
    assert "PODCAST_SERVER_BACKUP__FOLDER=/mnt/backups" in page
    assert "Back up now" not in page


def test_a_plan_is_kept_and_followed_by_the_job(open_desk: Open, clock: Clock) -> None:
    desk, services = open_desk()
    assert "Every day at 04:00 (Europe/Paris)" in desk.send(PAGE, **CHOSEN).text
    worker = replace(services, site_choices=SiteChoices())
    assert back_up_when_due(worker, clock.now) is not None
    assert back_up_when_due(worker, clock.now + timedelta(hours=10)) is None
    assert back_up_when_due(worker, clock.now + timedelta(hours=16)) is not None
    assert back_up_when_due(worker, clock.now + timedelta(hours=40)) is not None
    place = FolderPlace(services.settings.home / "backups")
    assert len([each for each in place.folders() if each.startswith("2")]) == 2


def test_never_is_never_until_somebody_asks(open_desk: Open, clock: Clock) -> None:
    desk, services = open_desk()
    desk.send(PAGE, **CHOSEN | {"every": "never"})
    assert back_up_when_due(services, clock.now) is None
    desk.send("/studio/site/back-up")
    assert back_up_when_due(services, clock.now) is not None


@pytest.mark.parametrize(
    ("field", "value"), [("every", "hourly"), ("hour", "24"), ("zone", "Mars/Base"), ("keep", "0")]
)
def test_what_cannot_be_is_not_kept(open_desk: Open, field: str, value: str) -> None:
    desk, services = open_desk()
    assert "look at the marked fields" in desk.send(PAGE, **CHOSEN | {field: value}).text
    assert services.backup_plan.chosen is None


def test_what_the_operator_set_is_shown_and_not_changed(open_desk: Open) -> None:
    desk, services = open_desk(every_hours=6, keep=30)
    page = desk.get(PAGE).text
    assert "every 6 hours, the newest 30 are kept" in page
    assert 'name="every"' not in page
    assert 'name="keep"' not in page
    assert desk.send(PAGE, **CHOSEN).status_code == 404
    assert services.backup_plan.keep == 30


def test_of_the_operators_settings_only_the_rest_is_the_owners(open_desk: Open) -> None:
    desk, services = open_desk(keep=30)
    desk.send(PAGE, **CHOSEN)
    plan = services.backup_plan
    assert (plan.keep, plan.rhythm and plan.rhythm.hour) == (30, 4)


def test_backups_are_listed_with_what_is_known_of_them(
    open_desk: Open, first: Episode, now: datetime
) -> None:
    desk, services = open_desk()
    place = back_up(services, now)
    page = desk.get(PAGE).text
    assert "All read and whole" in page
    assert "1 file" in page
    [manifest] = (services.settings.home / "backups").glob("*/manifest.json")
    told = json.loads(manifest.read_text())
    assert told["added"] > 0
    manifest.write_text(json.dumps(told | {"damaged": ["a"]}))
    assert "1 file damaged" in desk.get(PAGE).text
    assert place.folders()


def test_one_of_an_earlier_version_is_listed_too(open_desk: Open, now: datetime) -> None:
    desk, services = open_desk()
    back_up(services, now)
    [manifest] = (services.settings.home / "backups").glob("*/manifest.json")
    told = json.loads(manifest.read_text())
    for name in ("added", "verified", "encrypted", "damaged", "missing"):
        del told[name]
    manifest.write_text(json.dumps(told))
    assert "Not read yet" in desk.get(PAGE).text


def test_an_encrypted_one_is_taken_along_whole(
    open_desk: Open, first: Episode, now: datetime
) -> None:
    _secret, recipient = new_identity()
    desk, services = open_desk()
    save_signing_keys(services.settings.keys_file, services.tokens.keys)
    back_up(services, now, recipient)
    assert "Download the newest" in desk.get(PAGE).text
    answer = desk.send(PAGE + "/download")
    folder = services.settings.home / "backups"
    there = {str(Path("backup", each.relative_to(folder))) for each in folder.rglob("*.*")}
    with tarfile.open(fileobj=io.BytesIO(answer.data)) as tar:
        files = {each.name for each in tar if each.isfile()}
        for each in files:
            read = tar.extractfile(each)
            assert read
            assert read.read() == (folder / each.removeprefix("backup/")).read_bytes()
    assert files == {each for each in there if (folder / each.removeprefix("backup/")).is_file()}
    assert all(each.endswith((".age", "manifest.json")) for each in files)


def test_one_that_anybody_could_read_is_not(open_desk: Open, now: datetime) -> None:
    desk, services = open_desk()
    assert "There is no encrypted backup." in desk.send(PAGE + "/download").text
    back_up(services, now)
    assert "Download the newest" not in desk.get(PAGE).text
    assert "There is no encrypted backup." in desk.send(PAGE + "/download").text


def test_editors_have_nothing_to_do_with_backups(hire: Callable[..., Desk], harbour: Show) -> None:
    editor = hire("editor", harbour)
    assert editor.get(PAGE).status_code == 403
    for path in (PAGE, PAGE + "/download", "/studio/site/back-up"):
        assert editor.send(path, **CHOSEN).status_code == 403
