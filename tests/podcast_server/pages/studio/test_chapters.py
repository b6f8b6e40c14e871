"""Chapters are set on a picture of the sound; nothing that they hold is lost on the way."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from episodes.models import Episode, Show
from podcast_server.pages.studio import listen
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


def test_while_pictures_are_measured_others_are_told_to_come_again_and_that_is_no_error(
    owner: Desk, harbour: Show, first: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = threading.Semaphore(0)
    monkeypatch.setattr(listen, "_measuring", busy)
    answer = owner.get(f"{page_of(first)}/peaks")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    busy.release()
    assert owner.get(f"{page_of(first)}/peaks").status_code == 204


def picture(width: int = 800, height: int = 450) -> io.BytesIO:
    sent = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(sent, "PNG")
    sent.seek(0)
    return sent


def send_picture(desk: Desk, path: str, sent: io.BytesIO | None, **more: str) -> TestResponse:
    data: dict[str, Any] = {"csrf_token": desk.token(), **more}
    if sent is not None:
        data["file"] = (sent, "slide.png")
    return desk.client.post(path, data=data, follow_redirects=True)


def test_a_picture_sent_from_the_desk_is_kept_and_served_with_the_chapters(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    told = send_picture(owner, f"{page_of(first)}/picture", picture()).get_json()
    save(owner, first, audience="free", chapters_json=desk_of(FULL | {"img": told["img"]}))
    assert stored(services, first)[0]["img"] == told["img"]
    [chapter] = json.loads(owner.get(f"/listen/{first.key}.chapters.json").data)["chapters"]
    assert chapter["img"].startswith("http://podcast.test/art/")
    assert chapter["img"].endswith(".jpg")
    sent = owner.client.get(chapter["img"].removeprefix("http://podcast.test"))
    assert Image.open(io.BytesIO(sent.data)).size == (800, 450)
    small = Image.open(io.BytesIO(owner.client.get(told["thumb"]).data))
    assert small.size == (96, 54)


def test_a_picture_too_small_is_refused_with_the_reason(
    owner: Desk, harbour: Show, first: Episode
) -> None:
    answer = send_picture(owner, f"{page_of(first)}/picture", picture(90, 90))
    assert answer.status_code == 422
    assert "90 × 90" in answer.get_json()["reason"]


@pytest.mark.thorough
def test_no_picture_of_another_show_becomes_a_chapter_s(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    theirs = f"shows/{harbour.id + 1}/picture-{'0' * 32}.jpg"
    save(owner, first, chapters_json=desk_of(FULL | {"img": theirs}))
    assert stored(services, first) == []


def test_without_script_a_chapter_gets_a_picture_and_loses_it(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    save(owner, first, chapters_json=desk_of(FULL | {"img": ""}))
    which = {"chapter": "0", "start": "12.4"}
    page = send_picture(owner, f"{page_of(first)}/chapter-picture", picture(), **which)
    key = stored(services, first)[0]["img"]
    assert key.removeprefix("shows/") in page.text
    send_picture(owner, f"{page_of(first)}/chapter-picture", None, act="remove", **which)
    assert "img" not in stored(services, first)[0]


def test_a_picture_is_not_given_to_a_chapter_that_was_changed_meanwhile(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    save(owner, first, chapters_json=desk_of(FULL))
    sent = send_picture(
        owner, f"{page_of(first)}/chapter-picture", picture(), chapter="0", start="9"
    )
    assert "The chapters were changed meanwhile" in sent.text
    assert stored(services, first) == [FULL]


def test_pictures_of_another_show_s_episode_are_not_taken(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    with services.sessions.begin() as session:
        build_show(session, NOW, slug="other")
    there = f"/studio/shows/other/episodes/{first.key}/picture"
    assert send_picture(owner, there, picture()).status_code == 404
