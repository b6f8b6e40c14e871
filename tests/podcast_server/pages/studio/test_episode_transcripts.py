"""Transcripts of an episode: one a language, read, fetched, removed, and held against the audio."""

from __future__ import annotations

import io
import re

from episodes.models import Episode, Show, Transcript
from podcast_server.services import Services
from tests.builders import build_show
from tests.conftest import NOW
from tests.podcast_server.pages.studio.conftest import Desk


def vtt(words: str, ends: str = "00:02.000") -> bytes:
    return f"WEBVTT\n\n00:00.000 --> {ends}\n{words}\n".encode()


def page_of(episode: Episode) -> str:
    return f"/studio/shows/harbour/episodes/{episode.key}"


def send(desk: Desk, episode: Episode, data: bytes, language: str = "en") -> str:
    form = {
        "csrf_token": desk.token(),
        "file": (io.BytesIO(data), "words.vtt"),
        "language": language,
    }
    path = f"{page_of(episode)}/transcript"
    return desk.client.post(path, data=form, follow_redirects=True).text


def kept(services: Services, episode: Episode) -> list[Transcript]:
    with services.sessions() as session:
        return list(session.get_one(Episode, episode.id).transcripts)


def test_each_language_has_one_and_the_feed_names_them_all(
    owner: Desk, services: Services, first: Episode
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audience = "free"
        session.get_one(Show, first.show_id).public_feed = "teaser"
    send(owner, first, vtt("Old words"))
    send(owner, first, vtt("New words"))
    send(owner, first, vtt("Des mots"), "fr")
    assert [each.language for each in kept(services, first)] == ["en", "fr"]
    owner.send(page_of(first), title="First light", type="full", audience="free", explicit="")
    feed = owner.get("/shows/harbour/feed.xml").text
    assert re.findall(r'<podcast:transcript [^>]*language="(\w+)"', feed) == ["en", "fr"]
    page = owner.get(f"/shows/harbour/{first.key}").text
    assert "Français" in page
    read = owner.get(f"/shows/harbour/{first.key}/transcript?language=fr").text
    assert "Des mots" in read
    assert 'class="prose transcript" lang="fr"' in read
    assert "New words" in owner.get(f"/shows/harbour/{first.key}/transcript").text


def test_a_language_nobody_offers_is_the_show_s(
    owner: Desk, services: Services, first: Episode
) -> None:
    send(owner, first, vtt("Words"), "<script>")
    assert [each.language for each in kept(services, first)] == ["en"]


def test_it_is_read_and_fetched_in_the_studio_before_it_is_out(
    owner: Desk, services: Services, first: Episode
) -> None:
    send(owner, first, vtt("Seals on the quay"))
    [row] = kept(services, first)
    read = owner.get(f"{page_of(first)}/transcript/{row.id}").text
    assert '<span data-at="0.00">Seals on the quay</span>' in read
    file = owner.get(f"{page_of(first)}/transcript/{row.id}/file")
    assert file.data.startswith(b"WEBVTT")
    assert f"harbour-{first.key}-en.vtt" in file.headers["Content-Disposition"]


def test_only_the_one_that_is_meant_is_removed(
    owner: Desk, services: Services, first: Episode
) -> None:
    send(owner, first, vtt("Words"))
    send(owner, first, vtt("Mots"), "fr")
    [english, french] = kept(services, first)
    owner.send(f"{page_of(first)}/transcript/{english.id}/remove")
    assert [each.id for each in kept(services, first)] == [french.id]
    answer = owner.send(f"{page_of(first)}/transcript/{english.id}/remove")
    assert 'class="notice danger"' in answer.text


def test_the_transcript_of_another_show_is_nobody_s_here(
    owner: Desk, services: Services, first: Episode
) -> None:
    send(owner, first, vtt("Words"))
    [row] = kept(services, first)
    with services.sessions.begin() as session:
        build_show(session, NOW, slug="other")
    there = f"/studio/shows/other/episodes/{first.key}/transcript/{row.id}"
    assert owner.get(there).status_code == 404
    assert owner.get(f"{there}/file").status_code == 404
    owner.send(f"{there}/remove")
    assert kept(services, first)


def test_one_that_goes_on_after_the_audio_is_named(owner: Desk, first: Episode) -> None:
    assert "It goes on after the audio" in send(owner, first, vtt("Words", "59:00.000"))


def test_one_that_ends_with_the_audio_is_not(owner: Desk, first: Episode) -> None:
    page = send(owner, first, vtt("Words", "00:58.000"))
    assert "It goes on after the audio" not in page
    assert "It ends long before" not in page
