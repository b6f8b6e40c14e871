"""The podcaster's own voice at the moments of a membership."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.builders import build_show
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/shows/harbour/announcements"
AUDIO = Path(__file__).parents[4] / "podcast_server" / "demo" / "audio"


def upload(desk: Desk, kind: str, data: bytes, name: str = "clip.mp3") -> TestResponse:
    form = {"csrf_token": desk.token(), "file": (io.BytesIO(data), name)}
    return desk.client.post(f"{PAGE}/{kind}", data=form, follow_redirects=True)


@pytest.fixture(scope="module")
def clip() -> bytes:
    return sorted(AUDIO.glob("*.mp3"))[0].read_bytes()


def test_a_clip_is_put_in_place_listened_to_and_removed(
    owner: Desk, harbour: Show, clip: bytes
) -> None:
    told = upload(owner, "welcome", clip)
    assert "Members hear it from now on." in told.text
    heard = owner.get(f"{PAGE}/welcome/audio")
    assert heard.data == clip
    assert heard.mimetype == "audio/mpeg"
    assert "The announcement is gone." in owner.send(f"{PAGE}/welcome/remove").text
    assert owner.get(f"{PAGE}/welcome/audio").status_code == 404


def test_what_is_no_audio_is_refused_with_a_reason(owner: Desk, harbour: Show) -> None:
    told = upload(owner, "ended", b"%PDF-1.4", "words.mp3")
    assert "not an audio file" in told.text
    assert owner.get(f"{PAGE}/ended/audio").status_code == 404


def test_a_form_without_a_file_says_so(owner: Desk, harbour: Show) -> None:
    assert "Choose a file first." in owner.send(f"{PAGE}/welcome").text


def test_there_are_three_kinds_and_no_others(owner: Desk, harbour: Show) -> None:
    assert owner.send(f"{PAGE}/birthday").status_code == 404
    assert owner.send(f"{PAGE}/birthday/remove").status_code == 404


def test_a_clip_of_one_show_is_not_played_in_another(
    owner: Desk, harbour: Show, services: Services, first: Episode, clip: bytes
) -> None:
    with services.sessions.begin() as session:
        build_show(session, first.created_at, slug="other")
    upload(owner, "welcome", clip)
    assert owner.get("/studio/shows/other/announcements/welcome/audio").status_code == 404


def test_the_show_s_page_leads_here(owner: Desk, harbour: Show) -> None:
    assert PAGE in owner.get("/studio/shows/harbour/settings").text
