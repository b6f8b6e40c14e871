"""Chapters are set on a picture of the sound; nothing that they hold is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.builders import build_show
from tests.conftest import NOW
from tests.podcast_server.pages.studio.conftest import Desk

FULL = {
    "startTime": 12.4,
    "title": "The storm",
    "url": "https://example.org/storm",
    "img": "https://example.org/storm.jpg",
    "toc": False,
}


def page_of(episode: Episode) -> str:
    return f"/studio/shows/harbour/episodes/{episode.key}"


def save(desk: Desk, episode: Episode, **fields: str) -> str:
    said = {"title": episode.title, "type": "full", "audience": "members", "explicit": ""}
    return desk.send(page_of(episode), **(said | {"act": "save"} | fields)).text


def desk_of(*rows: dict[str, Any]) -> str:
    return json.dumps({"version": "1.2.0", "chapters": rows})


def stored(services: Services, episode: Episode) -> list[dict[str, Any]]:
    with services.sessions() as session:
        return list(session.get_one(Episode, episode.id).chapters)


def test_all_that_the_desk_says_is_kept(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    save(owner, first, chapters_json=desk_of(FULL), chapters="0:00 Not this")
    assert stored(services, first) == [FULL]


def test_without_it_the_lines_count_and_keep_what_they_cannot_say(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    save(owner, first, chapters_json=desk_of(FULL))
    save(owner, first, chapters="0:05 Before\n0:12 The storm | https://example.org/storm")
    before, storm = stored(services, first)
    assert before["title"] == "Before"
    assert storm == FULL


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("0:12 The gale | https://example.org/storm", FULL | {"title": "The gale"}),
        ("0:12 The storm | https://example.org/other", FULL | {"url": "https://example.org/other"}),
        ("0:20 The storm | https://example.org/storm", FULL | {"startTime": 20}),
    ],
)
def test_a_chapter_changed_by_its_line_keeps_its_picture(
    owner: Desk,
    harbour: Show,
    first: Episode,
    services: Services,
    line: str,
    kept: dict[str, Any],
) -> None:
    save(owner, first, chapters_json=desk_of(FULL))
    save(owner, first, chapters=line)
    assert stored(services, first) == [kept]


def test_the_last_chapter_can_be_removed(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    save(owner, first, chapters_json=desk_of(FULL))
    save(owner, first, chapters_json=desk_of(), chapters="0:12 The storm")
    assert stored(services, first) == []


@pytest.mark.parametrize("name", ["url", "img"])
@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@example.org", "storm.jpg"])
def test_a_link_that_apps_refuse_is_refused_here_and_nothing_is_lost(
    owner: Desk, harbour: Show, first: Episode, services: Services, name: str, link: str
) -> None:
    sent = desk_of(FULL | {name: link})
    page = save(owner, first, chapters_json=sent)
    assert "link that does not begin with https://" in page
    assert stored(services, first) == []
    assert link in page


@pytest.mark.parametrize("sent", ["x", "[]", '{"version":"1.2.0","chapters":{}}', "{" * 2000])
def test_what_is_no_document_is_refused(
    owner: Desk, harbour: Show, first: Episode, services: Services, sent: str
) -> None:
    save(owner, first, chapters_json=sent)
    assert stored(services, first) == []


def test_the_picture_is_that_show_s_alone(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    with services.sessions.begin() as session:
        build_show(session, NOW, slug="other")
    assert owner.get(f"/studio/shows/other/episodes/{first.key}/peaks").status_code == 404


def test_audio_that_cannot_be_read_has_no_picture_and_that_is_no_error(
    owner: Desk, harbour: Show, first: Episode
) -> None:
    assert owner.get(f"{page_of(first)}/peaks").status_code == 204
