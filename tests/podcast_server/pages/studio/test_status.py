"""The owner sees how the server fares."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from feeds.downloads.write import loss_counter
from podcast_server.backup.backup import make_backup
from podcast_server.backup.places import FolderPlace
from podcast_server.pages.studio.status.views import health_of
from podcast_server.services import Services
from podcast_server.settings import BackupSettings
from tests.podcast_server.pages.studio.conftest import Desk


def test_lost_downloads_are_counted_and_shown(
    owner: Desk, services: Services, now: datetime
) -> None:
    note = loss_counter(services.sessions, lambda: now)
    note(3)
    note(4)
    page = owner.get("/studio/status").text
    assert "Downloads not noted in 30 days</dt><dd>7<br>" in page


def test_losses_of_long_ago_are_forgotten(owner: Desk, services: Services, now: datetime) -> None:
    loss_counter(services.sessions, lambda: now - timedelta(days=31))(5)
    assert "Downloads not noted in 30 days</dt><dd>0</dd>" in owner.get("/studio/status").text


def test_the_last_backup_is_told_and_an_overdue_one_named(
    app: Flask, owner: Desk, services: Services, now: datetime, tmp_path: Path
) -> None:
    assert "none by themselves" in owner.get("/studio/status").text
    settings = services.settings.model_copy(update={"backup": BackupSettings(folder="backups")})
    kept = replace(services, settings=settings)
    with app.test_request_context():
        assert ("Last backup", "none yet", "") in health_of(kept, now)
        make_backup(
            kept,
            FolderPlace(tmp_path / "backups"),
            with_keys=False,
            now=now,
            progress=lambda _key: None,
        )
        assert health_of(kept, now)[0][2] == ""
        assert "overdue" in health_of(kept, now + timedelta(days=3))[0][2]
