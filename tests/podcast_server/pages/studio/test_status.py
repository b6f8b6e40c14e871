"""The owner sees how the server fares."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from feeds.downloads.write import loss_counter
from podcast_server.backup.backup import list_backups, make_backup
from podcast_server.backup.places import FolderPlace
from podcast_server.backup.regular import back_up_when_due
from podcast_server.job_runs import JobRun
from podcast_server.jobs.runner import run_due_jobs
from podcast_server.jobs.schedule import SCHEDULE, Job
from podcast_server.mail.models import OutgoingMail
from podcast_server.pages.studio.site.backups import ask_for_backup, backups_of
from podcast_server.pages.studio.status.facts import health_of
from podcast_server.pages.studio.status.job_words import JOBS
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
    assert "none are made by themselves" in owner.get("/studio/status").text
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


STATUS = "/studio/status"
WELL = "Everything works."


def began(services: Services, at: datetime, *, error: str = "") -> None:
    """A job that began then, and perhaps failed."""
    with services.sessions.begin() as session:
        run = JobRun(
            name="send-mail", due_at=at, started_at=at, finished_at=at, failures=bool(error)
        )
        run.error = error
        session.add(run)


def test_everything_works_while_jobs_begin(owner: Desk, services: Services, now: datetime) -> None:
    began(services, now)
    assert WELL in owner.get(STATUS).text


def test_a_worker_that_stands_still_is_told(owner: Desk, services: Services, now: datetime) -> None:
    began(services, now - timedelta(hours=1))
    page = owner.get(STATUS).text
    assert "The background worker stands still" in page
    assert WELL not in page


def test_without_any_job_it_is_told_how_they_run(owner: Desk) -> None:
    page = owner.get(STATUS).text
    assert "No background job has run yet" in page
    assert WELL not in page


def test_mail_that_failed_this_week_is_told(owner: Desk, services: Services, now: datetime) -> None:
    began(services, now)
    with services.sessions.begin() as session:
        for age in (1, 8):
            at = now - timedelta(days=age)
            session.add(
                OutgoingMail(
                    kind="sign-in",
                    recipient="a@example.org",
                    language="en",
                    subject="x",
                    text="",
                    html="",
                    state="failed",
                    created_at=at,
                    due_at=at,
                )
            )
    page = owner.get(STATUS).text
    assert "1 mail could not be sent this week" in page
    assert WELL not in page


def test_storage_that_is_away_is_told(
    owner: Desk, services: Services, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_key: str) -> None:
        raise OSError("gone")

    began(services, now)
    monkeypatch.setattr(services.storage, "stat", away)
    page = owner.get(STATUS).text
    assert "Audio cannot be reached" in page
    assert WELL not in page


def test_an_overdue_backup_is_told(
    app: Flask, owner: Desk, services: Services, now: datetime, tmp_path: Path
) -> None:
    settings = services.settings.model_copy(update={"backup": BackupSettings(folder="backups")})
    kept = replace(services, settings=settings)
    back_up_when_due(kept, now - timedelta(days=3))
    app.config["SERVICES"] = kept
    began(services, now)
    page = owner.get(STATUS).text
    assert "It is overdue" in page
    assert WELL not in page


def test_a_job_that_failed_is_named_in_words_and_runs_again_at_once(
    owner: Desk, services: Services, now: datetime
) -> None:
    began(services, now, error="SMTPError: no")
    with services.sessions.begin() as session:
        session.get_one(JobRun, "send-mail").due_at = now + timedelta(seconds=40)
    page = owner.get(STATUS).text
    assert "Sending mail: failed 1 time in a row" in page
    assert WELL not in page
    assert "within a minute" in owner.send(f"{STATUS}/jobs/send-mail").text
    job = Job("send-mail", timedelta(minutes=1), lambda _services, _now: None)
    assert run_due_jobs(services, now, [job]) == ["send-mail"]
    assert owner.send(f"{STATUS}/jobs/nothing").status_code == 404


def test_every_job_has_words() -> None:
    assert {job.name for job in SCHEDULE} == set(JOBS)


def test_a_backup_that_is_asked_for_is_made_once(
    services: Services, now: datetime, tmp_path: Path
) -> None:
    settings = services.settings.model_copy(update={"backup": BackupSettings(folder="backups")})
    kept, place = replace(services, settings=settings), FolderPlace(tmp_path / "backups")
    assert back_up_when_due(kept, now) is not None
    later = now + timedelta(minutes=10)
    assert back_up_when_due(kept, later) is None
    with kept.sessions.begin() as session:
        ask_for_backup(session, later)
    assert backups_of(kept).state == "waiting"
    assert back_up_when_due(kept, later + timedelta(minutes=1)) is not None
    assert back_up_when_due(kept, later + timedelta(minutes=2)) is None
    assert len(list_backups(place)) == 2
    assert (backups_of(kept).state, len(backups_of(kept).last)) == ("", 2)


def test_backing_up_is_offered_where_a_place_is_set(
    app: Flask, owner: Desk, services: Services, now: datetime
) -> None:
    assert "Back up now" not in owner.get("/studio/site").text
    assert owner.send("/studio/site/back-up").status_code == 404
    settings = services.settings.model_copy(update={"backup": BackupSettings(folder="backups")})
    app.config["SERVICES"] = replace(services, settings=settings)
    assert "Back up now" in owner.get("/studio/site").text
    assert "A backup begins within a minute." in owner.send("/studio/site/back-up").text
