"""What a podcaster is told about a feed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.health import check_document
from feeds.health.episodes import ITEM_RULES, rules_among
from feeds.health.show import SHOW_RULES
from feeds.rendering.document import Enclosure, FeedDocument, Funding, Person, TranscriptLink
from tests.feeds.rendering.samples import SITE, complete_document, document, item


def codes(source: FeedDocument, where: str | None = None) -> set[str]:
    return {each.code for each in check_document(source) if where in {None, each.where}}


def test_a_whole_feed_has_nothing_to_mend() -> None:
    assert check_document(document(item())) == []


SHOW: list[tuple[str, dict[str, Any]]] = [
    ("no_title", {"title": " \x01"}),
    ("title_too_long", {"title": "x" * 256}),
    ("title_keywords", {"title": "Harbour Notes | boats, sea, fishing"}),
    ("no_description", {"description": ""}),
    ("description_too_long", {"description": "å" * 2001}),
    ("no_artwork", {"image_url": None}),
    ("artwork_name", {"image_url": f"{SITE}/cover.webp"}),
    ("artwork_name", {"image_url": f"{SITE}/cover.jpg?v=2"}),
    ("no_category", {"categories": ()}),
    ("unknown_category", {"categories": (("Arts", None), ("Boats", None))}),
    ("unknown_category", {"categories": (("Arts", "Politics"),)}),
    ("language", {"language": "English please"}),
    ("no_author", {"author": ""}),
    ("no_owner", {"owner_email": ""}),
    ("owner_in_private_feed", {"private": True}),
    ("website", {"link": "http://harbour.example/"}),
    ("website", {"link": "http://["}),
    ("feed_address", {"self_url": "http://podcast.example/feed.xml"}),
    ("new_address", {"new_feed_url": "http://podcast.example/new.xml"}),
    ("copyright", {"copyright": "© 2026 Marit"}),
    ("podcast_guid", {"podcast_guid": ""}),
    ("podcast_guid", {"podcast_guid": "0b5f36a4-7c5b-4b0e-8f8e-1f0a3d8c1d2e"}),
    ("medium", {"medium": "radio"}),
    ("type", {"type": "weekly"}),
    ("funding_text", {"funding": Funding(SITE, "x" * 129)}),
    ("person_address", {"persons": (Person("Marit", img="http://marit.example/a.jpg"),)}),
    ("no_episodes", {"items": ()}),
    ("no_episodes", {"items": (item(enclosure=None),)}),
]

EPISODE: list[tuple[str, dict[str, Any]]] = [
    ("no_title", {"title": ""}),
    ("title_too_long", {"title": "x" * 256}),
    ("title_number", {"title": "Episode 12: Ice"}),
    ("title_number", {"title": "#12 Ice"}),
    ("title_number", {"title": "S1E2 Ice"}),
    ("title_number", {"title": "12 - Ice"}),
    ("title_number", {"title": "Folge 12"}),
    ("no_notes", {"notes_html": ""}),
    ("notes_too_long", {"notes_html": "<p>" + "x" * 4000 + "</p>"}),
    ("no_audio", {"enclosure": None}),
    ("empty_audio", {"enclosure": Enclosure(f"{SITE}/a.mp3", 0, "audio/mpeg")}),
    ("audio_format", {"enclosure": Enclosure(f"{SITE}/a.mp3", 1, "audio/ogg")}),
    ("audio_ending", {"enclosure": Enclosure(f"{SITE}/a?b=.mp3", 1, "audio/mpeg")}),
    ("audio_address", {"enclosure": Enclosure("http://a.example/a.mp3", 1, "audio/mpeg")}),
    ("audio_address", {"enclosure": Enclosure(f"{SITE}/å.mp3", 1, "audio/mpeg")}),
    ("no_duration", {"duration": None}),
    ("page_address", {"link": "http://plain.example/"}),
    ("artwork_name", {"image_url": f"{SITE}/e1.gif"}),
    ("type", {"episode_type": "special"}),
    ("trailer_number", {"episode_type": "trailer", "episode": 1}),
    ("number_nought", {"episode": 0}),
    ("number_nought", {"season": 0}),
    ("no_guid", {"guid": ""}),
    ("transcript", {"transcripts": (TranscriptLink(f"{SITE}/a.doc", "application/msword"),)}),
    ("transcript", {"transcripts": (TranscriptLink("http://a.example/a.vtt", "text/vtt"),)}),
]


@pytest.mark.parametrize(("code", "fields"), SHOW)
def test_a_show_is_told_of(code: str, fields: dict[str, Any]) -> None:
    assert codes(replace(document(item()), **fields), "show") == {code}


@pytest.mark.parametrize(("code", "fields"), EPISODE)
def test_an_episode_is_told_of(code: str, fields: dict[str, Any]) -> None:
    one = item(**fields)
    assert codes(document(one, item(guid="other", enclosure=None)), one.guid) == {code}


@pytest.mark.parametrize("title", ["2001: A Space Odyssey", "12 Angry Men", "Sea 7", "S. Solberg"])
def test_a_number_that_belongs_to_the_title_is_left_alone(title: str) -> None:
    assert codes(document(item(title=title))) == set()


def test_two_episodes_with_one_guid_or_one_audio_are_both_told() -> None:
    findings = check_document(document(item(), item(title="Ice")))
    assert [(f.code, f.level) for f in findings] == [
        ("duplicate_guid", "error"),
        ("duplicate_audio", "warning"),
    ] * 2
    assert "Ice" in findings[-1].message


def test_two_episodes_of_a_season_with_one_number_are_told() -> None:
    def numbered(guid: str, season: int) -> Any:
        sound = Enclosure(f"{SITE}/{guid}.mp3", 1, "audio/mpeg")
        return item(guid=guid, season=season, episode=3, enclosure=sound)

    assert codes(document(numbered("a", 1), numbered("b", 2))) == set()
    assert codes(document(numbered("a", 1), numbered("b", 1))) == {"duplicate_number"}


def test_a_serial_show_needs_numbers_but_its_trailers_do_not() -> None:
    serial = document(item(guid="a"), item(guid="b", episode_type="trailer"), type="serial")
    assert codes(serial, "a") >= {"serial_without_number"}
    assert "serial_without_number" not in codes(serial, "b")


def test_the_message_names_the_episode_and_where_is_its_guid() -> None:
    [finding] = check_document(document(item(title="Ice {x}", duration=None)))
    assert finding.message == "“Ice {x}”: the length of the audio is not known, so apps show none."
    assert (finding.level, finding.code, finding.where) == ("warning", "no_duration", item().guid)


def test_every_rule_is_tried_here() -> None:
    tried = {code for code, _ in SHOW} | {code for code, _ in EPISODE}
    among = {rule.code for rule in rules_among(replace(complete_document(), type="serial"))}
    assert {rule.code for rule in SHOW_RULES} | {rule.code for rule in ITEM_RULES} == tried
    assert among == {
        "duplicate_guid",
        "duplicate_audio",
        "duplicate_number",
        "serial_without_number",
    }


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_it_never_breaks_down(text: str) -> None:
    hostile = item(
        guid=text, title=text, link=text, notes_html=text, enclosure=Enclosure(text, 1, text)
    )
    check_document(document(hostile, title=text, link=text, language=text, podcast_guid=text))
