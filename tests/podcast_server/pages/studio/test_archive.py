"""Owners take everything along from the studio."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable

from sqlalchemy import select

from episodes.models import Episode, Show
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.database import reading
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk


def leftovers(services: Services) -> list[str]:
    """What an export has left beside the database."""
    return [path.name for path in services.settings.data.glob(".archive-*")]


def test_the_page_says_what_is_in_it(owner: Desk, first: Episode) -> None:
    page = owner.get("/studio/archive").text
    assert "Keep it safe" in page
    assert "export archive" in page
    assert "/studio/archive" in owner.get("/studio/status").text


def test_an_owner_downloads_a_whole_archive_without_keys(
    owner: Desk, services: Services, harbour: Show, first: Episode
) -> None:
    answer = owner.send("/studio/archive")
    assert answer.mimetype == "application/x-tar"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    with tarfile.open(fileobj=io.BytesIO(answer.data)) as tar:
        names = tar.getnames()
        last = tar.extractfile("manifest.json")
        assert last is not None
        manifest = json.loads(last.read())
    assert f"shows/harbour/episodes/{first.key}/audio.mp3" in names
    assert manifest["with_keys"] is False
    assert not any(name.startswith("keys/") for name in names)
    assert leftovers(services) == []


def test_the_download_is_in_the_log(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send("/studio/archive")
    with reading(services.engine) as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert "archive.download" in actions


def test_nothing_is_left_behind_by_a_browser_that_goes_away(
    owner: Desk, services: Services, first: Episode
) -> None:
    answer = owner.client.post(
        "/studio/archive", data={"csrf_token": owner.token()}, buffered=False
    )
    assert next(iter(answer.response))
    assert leftovers(services)
    answer.close()
    assert leftovers(services) == []


def test_an_editor_may_not(hire: Callable[..., Desk], harbour: Show) -> None:
    editor = hire("editor", harbour)
    assert editor.get("/studio/archive").status_code == 403
    assert editor.send("/studio/archive").status_code == 403


def test_another_site_cannot_start_it(owner: Desk) -> None:
    assert owner.client.post("/studio/archive").status_code == 400
