"""What the writer makes of a document."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from feeds.rendering.document import Person
from feeds.rendering.write import write_feed
from tests.feeds.rendering.samples import (
    FEED_TOKEN,
    MEDIA_TOKEN,
    complete_document,
    document,
    item,
)
from tests.feeds.rendering.test_feedgen_traps import channel_of, texts

BLOCKS = (
    b"<itunes:block>Yes</itunes:block>",
    b"<podcast:block>yes</podcast:block>",
    b"<googleplay:block>yes</googleplay:block>",
)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_private_feed_asks_every_directory_to_stay_out(block: bytes) -> None:
    assert block in write_feed(document(private=True))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_public_feed_does_not(block: bytes) -> None:
    assert block not in write_feed(document(item()))


def test_the_owners_address_stands_nowhere_when_the_document_has_none() -> None:
    feed = write_feed(document(item(), owner_email=""))
    assert b"owner" not in feed
    assert b"@" not in feed


def test_tokens_stand_exactly_where_the_document_has_them() -> None:
    source, feed = complete_document(), write_feed(complete_document()).decode()
    assert feed.count(FEED_TOKEN) == 2  # rel=self and the new address
    for each in source.items:
        if each.enclosure:
            assert f'url="{each.enclosure.url}"' in feed
    # A notice's address stands in its link, in its description and in its full notes.
    assert feed.count(MEDIA_TOKEN) == 2 + 1 + 2 + 3


def test_full_notes_stand_beside_a_description_within_the_limits() -> None:
    notes = "<h3>Long</h3>" + "<p>Words and more words.</p>" * 300
    channel = channel_of(document(item(notes_html=notes)))
    [description], [content] = (
        texts(channel, "item/description"),
        texts(channel, "item/content:encoded"),
    )
    assert content == notes
    assert len(description.encode()) <= 4000
    assert description.startswith("<p><strong>Long</strong></p><p>Words")
    assert description.endswith("…</p>")


def test_descriptions_are_cdata_so_that_no_reader_sees_escaped_tags() -> None:
    feed = write_feed(document(item())).decode()
    assert re.findall(r"<description>(<!\[CDATA\[)?", feed) == ["<![CDATA[", "<![CDATA["]


def test_titles_are_cut_at_255_characters_after_a_word() -> None:
    channel = channel_of(document(item(title="word " * 100)))
    [title] = texts(channel, "item/title")
    assert len(title) <= 255
    assert title.endswith("word…")


def test_names_in_the_podcast_namespace_are_cut_at_128_characters() -> None:
    channel = channel_of(
        document(item(season=1, season_name="x" * 300), persons=(Person("y" * 300),))
    )
    assert [len(text) for text in texts(channel, "podcast:person")] == [128]
    [season] = channel.findall("item/podcast:season", {"podcast": channel.nsmap["podcast"]})
    assert len(season.get("name")) == 128


def test_a_person_without_a_name_is_left_out() -> None:
    assert texts(channel_of(document(persons=(Person(" "),))), "podcast:person") == []


def test_an_episode_numbered_nought_has_no_number_for_apple() -> None:
    channel = channel_of(document(item(episode=0, season=0)))
    assert texts(channel, "item/itunes:episode") == texts(channel, "item/itunes:season") == []
    assert texts(channel, "item/podcast:episode") == ["0"]


def test_the_new_address_is_written_only_when_the_feed_moves() -> None:
    assert b"new-feed-url" not in write_feed(document())
    assert b"new-feed-url" in write_feed(complete_document())


def test_the_feed_is_utf_8_with_the_declaration_that_psp_1_asks_for() -> None:
    feed = write_feed(replace(document(), title="Åse 🎙"))
    assert feed.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rss ')
    assert "<title>Åse 🎙</title>".encode() in feed
