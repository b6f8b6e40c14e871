"""Whatever is typed into titles and notes, the feed is well-formed and says the same."""

from __future__ import annotations

import re
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.rendering.document import Person
from feeds.rendering.write import write_feed
from tests.feeds.rendering.psp1 import NAMESPACES
from tests.feeds.rendering.samples import document, item

PIECES = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(
        [
            "]]>",
            "<![CDATA[",
            "<script>alert(1)</script>",
            "</title></channel></rss>",
            "<?xml version='1.0'?>",
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
            "&e;",
            "&amp;lt;",
            "&#0;",
            "\x00\x01\x0b\x1f\x7f",
            "\ud800\udfff",
            "\ufffe\uffff",
            "\r\n\r",
            "\u2028\u0085",
            "\u202eright to left\u202c",
            "שלום مرحبا",
            "👩‍👩‍👧‍👦🏴‍☠️",
            "x" * 10_000,
            "\t \n",
        ]
    ),
)
HOSTILE = st.lists(PIECES, max_size=6).map("".join)


def kept(text: str) -> str:
    """What an XML document can hold of a text, by the XML standard's own list of characters."""
    allowed = (
        character
        for character in text
        if character in "\t\n\r"
        or 0x20 <= ord(character) <= 0xD7FF
        or 0xE000 <= ord(character) <= 0xFFFD
        or ord(character) >= 0x10000
    )
    return re.sub("\r\n?", "\n", "".join(allowed)).strip()


def channel_of(**fields: Any) -> Any:
    channel = etree.fromstring(write_feed(document(**fields))).find("channel")
    assert channel is not None
    return channel


def says(found: str | None, text: str) -> bool:
    """Whether ``found`` is ``text``, or its beginning when it is too long."""
    whole, found = kept(text), found or ""
    if len(whole) <= 255:
        return found == whole
    return len(found) <= 255 and found.endswith("…") and whole.startswith(found[:-1])


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(title=HOSTILE, notes=HOSTILE, author=HOSTILE)
def test_titles_notes_and_names_are_read_back_as_they_were_written(
    title: str, notes: str, author: str
) -> None:
    channel = channel_of(
        title=title,
        author=author,
        persons=(Person(author),),
        items=(item(title=title, notes_html=notes, author=author),),
    )
    for found in (channel.findtext("title"), channel.findtext("item/title")):
        assert says(found, title) or (kept(title) == "" and found == "Untitled")
    assert (channel.findtext("item/content:encoded", "", NAMESPACES)) == kept(notes)
    for path in ("itunes:author", "item/itunes:author"):
        assert says(channel.findtext(path, "", NAMESPACES), author)


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_every_other_text_may_be_hostile_too(text: str) -> None:
    channel = channel_of(
        description=text,
        link=text,
        language=text,
        copyright=text,
        owner_name=text,
        owner_email=text,
        image_url=text,
        categories=((text, text), (text, None)),
        podcast_guid=text,
        persons=(Person(text, text, text, text, text),),
        items=(
            item(
                guid=text,
                link=text,
                summary=text,
                image_url=text,
                season=1,
                season_name=text,
                episode=1,
                episode_display=text,
            ),
        ),
    )
    assert len(channel.findall("item")) == 1


@settings(max_examples=60, deadline=None)
@given(title=HOSTILE)
def test_feedparser_finds_nothing_wrong(title: str) -> None:
    parsed = feedparser.parse(write_feed(document(item(title=title, notes_html=title))))
    assert not parsed.bozo
    assert len(parsed.entries) == 1


def test_a_title_cannot_bring_elements_of_its_own() -> None:
    channel = channel_of(
        title="</title><itunes:block>Yes</itunes:block>",
        items=(item(notes_html="]]></content:encoded><enclosure url='https://evil.example/'/>"),),
    )
    assert channel.find("itunes:block", NAMESPACES) is None
    assert len(channel.findall("item/enclosure")) == 1
