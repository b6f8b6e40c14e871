"""The studio says what apps and directories would find wanting, before and after publishing."""

from __future__ import annotations

from typing import cast

import pytest

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import NOW
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/shows/harbour/health"


def change(services: Services, thing: Show | Episode, **fields: object) -> None:
    """Change it as the studio would: the show's revision grows."""
    with services.sessions.begin() as session:
        row = cast(Show | Episode, session.get_one(type(thing), thing.id))
        for name, value in fields.items():
            setattr(row, name, value)
        show = row if isinstance(row, Show) else session.get_one(Show, row.show_id)
        show.revision += 1


def test_a_show_without_a_cover_is_told_so(owner: Desk, harbour: Show) -> None:
    assert "The show has no cover." in owner.get(PAGE).text


def test_what_was_mended_is_no_longer_said(owner: Desk, harbour: Show, services: Services) -> None:
    change(services, harbour, categories=[])
    assert "The show has no category." in owner.get(PAGE).text
    change(services, harbour, categories=[["Society & Culture", None]])
    assert "The show has no category." not in owner.get(PAGE).text


def test_an_episode_is_named_with_what_it_lacks(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    change(services, first, title="Episode 12: The storm")
    page = owner.get(PAGE).text
    assert "leave the number out of the title" in page
    assert f"/studio/shows/harbour/episodes/{first.key}" in page


def test_a_draft_is_looked_at_before_it_comes_out(
    owner: Desk, harbour: Show, services: Services
) -> None:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        draft = build_episode(session, services.storage, show, NOW, publish=False, title="#7 - Fog")
    page = owner.get(f"/studio/shows/harbour/episodes/{draft.key}").text
    assert "Before it comes out" in page
    assert "leave the number out of the title" in page
    assert "#7 - Fog" not in owner.get(PAGE).text


@pytest.mark.usefixtures("first")
def test_the_list_counts_errors_and_warnings(owner: Desk) -> None:
    assert "Feed health: " in owner.get("/studio/shows/harbour").text


@pytest.mark.usefixtures("harbour")
def test_nothing_is_counted_against_a_show_that_is_only_begun(owner: Desk) -> None:
    assert "Feed health</a>" in owner.get("/studio/shows/harbour").text
    assert "Feed health: " not in owner.get("/studio/shows/harbour").text


def test_it_is_said_in_french(owner: Desk, harbour: Show) -> None:
    page = owner.client.get(PAGE, headers={"Accept-Language": "fr"}).text
    assert "L’émission n’a pas de pochette." in page


def test_a_title_is_text_whatever_stands_in_it(
    owner: Desk, harbour: Show, first: Episode, services: Services
) -> None:
    change(services, first, title="3. {title} %(x)s <script>alert(1)</script>")
    page = owner.get(PAGE)
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_server_without_https_is_one_fault_and_not_one_of_each_episode(
    owner: Desk, harbour: Show, first: Episode
) -> None:
    page = owner.get(PAGE).text
    assert "The feed&#39;s own address does not begin with https://." in page
    assert "the episode&#39;s page does not begin with" not in page
