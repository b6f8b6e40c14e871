"""An episode's own artwork: the square that was drawn, and the way back to the show's."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from episodes.models import Episode
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk


def page_of(episode: Episode) -> str:
    return f"/studio/shows/harbour/episodes/{episode.key}"


def send(desk: Desk, episode: Episode, **square: str) -> TestResponse:
    """A picture that is white on the left and red on the right."""
    picture = Image.new("RGB", (3000, 1500), "white")
    picture.paste("red", (1500, 0, 3000, 1500))
    sent = io.BytesIO()
    picture.save(sent, "PNG")
    sent.seek(0)
    form = {"csrf_token": desk.token(), "file": (sent, "a.png"), **square}
    return desk.client.post(f"{page_of(episode)}/cover", data=form, follow_redirects=True)


def artwork_of(services: Services, episode: Episode) -> str | None:
    with services.sessions() as session:
        return session.get_one(Episode, episode.id).artwork_key


def greenest(services: Services, episode: Episode) -> int:
    """Of the left edge: 255 where it is white, 0 where it is red."""
    key = artwork_of(services, episode)
    assert key
    with services.storage.open(key) as reader:
        pixel = Image.open(io.BytesIO(reader.read())).getpixel((5, 700))
    assert isinstance(pixel, tuple)
    return int(pixel[1])


@pytest.mark.thorough
def test_the_square_somebody_draws_is_the_one_that_is_cut(
    owner: Desk, services: Services, first: Episode
) -> None:
    send(owner, first, left="0.5", top="0", side="0.5")
    assert greenest(services, first) < 20


@pytest.mark.parametrize("left", ["nan", "-1", "2", "x"])
def test_a_square_that_is_none_is_the_middle(
    owner: Desk, services: Services, first: Episode, left: str
) -> None:
    send(owner, first, left=left, top="0", side="0.5")
    assert greenest(services, first) > 230


def test_it_is_taken_away_and_brought_back(owner: Desk, services: Services, first: Episode) -> None:
    send(owner, first)
    before = artwork_of(services, first)
    page = owner.send(f"{page_of(first)}/cover/remove").text
    assert artwork_of(services, first) is None
    newest = re.search(rf"{page_of(first)}/versions/\d+", page)
    assert newest
    owner.send(newest[0])
    assert artwork_of(services, first) == before
