"""Pages of the studio are compressed, except where that could give a secret away."""

from __future__ import annotations

import gzip

from episodes.models import Episode, Show
from tests.podcast_server.pages.studio.conftest import Desk

ZIPPED = {"Accept-Encoding": "gzip, br"}
SETTINGS = "/studio/shows/harbour/settings"


def test_a_page_is_a_fraction_of_itself_for_those_who_can_read_it(
    owner: Desk, harbour: Show
) -> None:
    plain = owner.client.get(SETTINGS)
    packed = owner.client.get(SETTINGS, headers=ZIPPED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert b"</html>" in gzip.decompress(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


def test_a_page_that_repeats_what_its_address_says_is_not(owner: Desk, first: Episode) -> None:
    answer = owner.client.get("/studio/shows/harbour?q=guess", headers=ZIPPED)
    assert "Content-Encoding" not in answer.headers
    assert "guess" in answer.text


def test_neither_is_what_a_form_answers(owner: Desk, harbour: Show) -> None:
    data = {"csrf_token": owner.token(), "title": "", "author": "guess"}
    answer = owner.client.post(SETTINGS, data=data, headers=ZIPPED)
    assert "Content-Encoding" not in answer.headers
    assert "guess" in answer.text


def test_sound_is_left_as_it_is(owner: Desk, first: Episode) -> None:
    answer = owner.client.get(f"/studio/shows/harbour/episodes/{first.key}/audio", headers=ZIPPED)
    assert "Content-Encoding" not in answer.headers
