"""Cutting a preview in the studio."""

from __future__ import annotations

from pathlib import Path

import pytest

from episodes.ingest import attach_audio, store_audio
from episodes.models import Episode
from podcast_server.services import Services
from tests.builders import build_show
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk

AUDIO = Path(__file__).parents[4] / "podcast_server" / "demo" / "audio"


@pytest.fixture
def page(services: Services, first: Episode, clock: Clock) -> str:
    """The page of an episode with real sound."""
    sound = sorted(AUDIO.glob("*.mp3"))[0]
    stored = store_audio(services.storage, first.show_id, first.key, sound)
    with services.sessions.begin() as session:
        attach_audio(session, session.get_one(Episode, first.id), stored, clock.now)
    return f"/studio/shows/harbour/episodes/{first.key}"


@pytest.mark.thorough
def test_a_preview_is_cut_heard_and_removed(owner: Desk, page: str, services: Services) -> None:
    told = owner.send(f"{page}/preview", start="0:01", end="0:05")
    assert "The preview is in place." in told.text
    heard = owner.get(f"{page}/preview")
    assert heard.mimetype == "audio/mpeg"
    assert len(heard.data) < len(owner.get(f"{page}/audio").data)
    owner.send(f"{page}/preview/remove")
    assert owner.get(f"{page}/preview").status_code == 404


@pytest.mark.thorough
def test_the_first_minutes_are_one_number(
    owner: Desk, page: str, services: Services, first: Episode
) -> None:
    told = owner.send(f"{page}/preview", minutes="9")
    assert "his would be the whole episode" in told.text
    told = owner.send(f"{page}/preview", minutes="many")
    assert "rite times like 1:30" in told.text
    with services.sessions.begin() as session:
        found = session.get_one(Episode, first.id)
        assert found.audio is not None
        found.audio.duration = 3600.0  # so that a minute is not all of it
    owner.send(f"{page}/preview", minutes="1")
    with services.sessions() as session:
        found = session.get_one(Episode, first.id)
        assert (found.preview_start, found.preview_end) == (0.0, 60.0)


def test_the_page_says_when_it_will_be_cut_by_itself(
    owner: Desk, page: str, services: Services, first: Episode
) -> None:
    assert "cut by itself" not in owner.get(page).text
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).show.preview_minutes = 2
    assert "cut by itself" in owner.get(page).text
    owner.send(f"{page}/preview/remove")
    assert "cut by itself" not in owner.get(page).text


@pytest.mark.parametrize(
    ("start", "end"), [("soon", "1:30"), ("0", ""), ("5", "1"), ("0", "99:00"), ("90:00", "91:00")]
)
def test_a_bad_part_is_refused_with_a_reason(
    owner: Desk, page: str, services: Services, first: Episode, start: str, end: str
) -> None:
    told = owner.send(f"{page}/preview", start=start, end=end)
    assert 'class="notice danger"' in told.text
    with services.sessions() as session:
        assert session.get_one(Episode, first.id).preview_audio_id is None


def test_an_episode_without_audio_has_nothing_to_cut(
    owner: Desk, page: str, services: Services, first: Episode
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audio_id = None
    assert "No audio yet." in owner.send(f"{page}/preview", end="0:05").text


@pytest.mark.thorough
def test_the_preview_of_another_show_is_out_of_reach(
    owner: Desk, page: str, services: Services, clock: Clock
) -> None:
    with services.sessions.begin() as session:
        build_show(session, clock.now, slug="other")
    owner.send(f"{page}/preview", end="0:05")
    elsewhere = page.replace("harbour", "other")
    assert owner.get(f"{elsewhere}/preview").status_code == 404
    assert owner.send(f"{elsewhere}/preview/remove").status_code == 404
    assert owner.get(f"{page}/preview").status_code == 200


def test_an_episode_that_everybody_hears_needs_none(
    owner: Desk, page: str, services: Services, first: Episode
) -> None:
    assert f"{page}/preview" in owner.get(page).text
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audience = "free"
    assert f"{page}/preview" not in owner.get(page).text
