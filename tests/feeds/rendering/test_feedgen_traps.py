"""feedgen's oddities: each shown as it is, and shown not to reach our feeds."""

from __future__ import annotations

import locale
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import feedgen.feed
import feedgen.util
import pytest
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.rendering.document import Enclosure, FeedDocument
from feeds.rendering.write import write_feed
from tests.feeds.rendering.psp1 import NAMESPACES
from tests.feeds.rendering.samples import SITE, complete_document, document, item


def channel_of(source: FeedDocument) -> Any:
    return etree.fromstring(write_feed(source)).find("channel")


def texts(parent: Any, path: str) -> list[str]:
    return [element.text or "" for element in parent.findall(path, NAMESPACES)]


def generator() -> Any:
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.title("T")
    feed.link(href="https://example.org/")
    feed.description("D")
    return feed


def test_explicit_is_true_or_false_though_feedgen_knows_only_yes_and_no() -> None:
    with pytest.raises(ValueError):
        generator().podcast.itunes_explicit("true")
    channel = channel_of(document(item(explicit=True), explicit=False))
    assert texts(channel, "itunes:explicit") == ["false"]
    assert texts(channel, "item/itunes:explicit") == ["true"]


@pytest.mark.parametrize("name", ["cover.jpeg", "cover.JPG", "cover.jpg?v=2"])
def test_artwork_is_written_whatever_its_name_though_feedgen_drops_it(name: str) -> None:
    feed = generator()
    feed.podcast.itunes_image(f"{SITE}/{name}")
    assert b"itunes:image" not in feed.rss_str()
    channel = channel_of(document(item(image_url=f"{SITE}/{name}"), image_url=f"{SITE}/{name}"))
    images = channel.findall("itunes:image", NAMESPACES) + channel.findall(
        "item/itunes:image", NAMESPACES
    )
    assert [image.get("href") for image in images] == [f"{SITE}/{name}"] * 2


def test_the_secret_address_is_never_the_website() -> None:
    feed = generator()
    feed.link(href="https://example.org/secret", rel="self")
    assert b"<link>https://example.org/secret</link>" in feed.rss_str()
    channel = channel_of(complete_document())
    assert texts(channel, "link") == ["https://harbour.example/"]
    assert channel.find("atom:link", NAMESPACES).get("href") == complete_document().self_url


def test_a_show_without_website_links_to_the_server_not_to_the_secret_address() -> None:
    channel = channel_of(replace(complete_document(), link="\x01"))
    assert texts(channel, "link") == [f"{SITE}/"]


def test_items_keep_their_order_though_feedgen_prepends() -> None:
    channel = channel_of(document(*(item(guid=str(number)) for number in range(5))))
    assert texts(channel, "item/guid") == ["0", "1", "2", "3", "4"]


def test_two_renderings_are_the_same_bytes_whenever_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = write_feed(complete_document())

    class AnyDatetime(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Later(datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: Any = None) -> Later:
            return cls(2001, 2, 3, tzinfo=tz)

    monkeypatch.setattr(feedgen.feed, "datetime", Later)
    assert b"2001" in generator().rss_str()
    assert write_feed(complete_document()) == first


def test_the_build_date_is_the_documents_own() -> None:
    channel = channel_of(document(updated=datetime(2024, 2, 29, 23, 5, 9, tzinfo=UTC)))
    assert texts(channel, "lastBuildDate") == ["Thu, 29 Feb 2024 23:05:09 +0000"]


def test_rendering_in_threads_leaves_the_locale_alone() -> None:
    before = locale.setlocale(locale.LC_ALL)
    threads = [
        threading.Thread(target=lambda: [write_feed(complete_document()) for _ in range(20)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert locale.setlocale(locale.LC_ALL) == before
    assert feedgen.feed.formatRFC2822 is not feedgen.util.formatRFC2822


def test_dates_are_written_as_feedgen_would_write_them() -> None:
    moment = datetime(2026, 1, 5, 6, 7, 8, tzinfo=UTC)
    assert feedgen.feed.formatRFC2822(moment) == feedgen.util.formatRFC2822(moment)


def test_control_characters_are_left_out_though_they_break_feedgen() -> None:
    feed = generator()
    feed.title("a\x0bb")
    with pytest.raises(ValueError):
        feed.rss_str()
    channel = channel_of(document(item(title="a\x0bb\x00\ud800"), title="\x1fx\ufffe"))
    assert texts(channel, "title") == ["x"]
    assert texts(channel, "item/title") == ["ab"]


def test_the_end_of_a_cdata_section_in_notes_stays_text() -> None:
    notes = "<p>a]]>b</p>"
    channel = channel_of(document(item(notes_html=notes)))
    assert texts(
        channel,
        "item/content:encoded",
    ) == [notes]
    assert texts(channel, "item/description") == [notes]


def test_an_item_without_audio_has_no_enclosure() -> None:
    channel = channel_of(document(item(enclosure=None, duration=None)))
    assert channel.find("item/enclosure") is None
    assert channel.find("item/itunes:duration", NAMESPACES) is None


def test_the_length_is_a_number_though_feedgen_writes_none_as_a_word() -> None:
    feed = generator()
    entry = feed.add_entry()
    entry.title("T")
    entry.enclosure("https://example.org/a.mp3", None, "audio/mpeg")
    assert b'length="None"' in feed.rss_str()
    channel = channel_of(document(item(enclosure=Enclosure(f"{SITE}/a.mp3", 0, "audio/mpeg"))))
    assert channel.find("item/enclosure").get("length") == "0"


def test_a_date_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_feed(document(item(published=datetime(2026, 1, 1))))


def test_dates_are_written_in_utc() -> None:
    oslo = timezone(timedelta(hours=2))
    channel = channel_of(document(item(published=datetime(2026, 5, 4, 8, 30, tzinfo=oslo))))
    assert texts(channel, "item/pubDate") == ["Mon, 04 May 2026 06:30:00 +0000"]


def test_categories_nest_and_keep_their_order_though_feedgen_replaces_them() -> None:
    feed = generator()
    feed.podcast.itunes_category("Arts", "Books")
    feed.podcast.itunes_category("News", "Politics")
    assert b"Books" not in feed.rss_str()
    channel = channel_of(complete_document())
    tops = channel.findall("itunes:category", NAMESPACES)
    assert [[top.get("text"), *(sub.get("text") for sub in top)] for top in tops] == [
        ["Society & Culture", "Places & Travel", "Documentary"],
        ["Arts"],
    ]


def test_a_quotation_mark_in_a_category_breaks_feedgen_but_not_the_feed() -> None:
    feed = generator()
    feed.podcast.itunes_category([{"cat": 'A "show"'}])
    with pytest.raises(SyntaxError):
        feed.rss_str()
    channel = channel_of(document(categories=(('A "show"', None),)))
    assert channel.find("itunes:category", NAMESPACES).get("text") == 'A "show"'


def test_an_owner_without_address_breaks_feedgen_but_not_the_feed() -> None:
    with pytest.raises(ValueError):
        generator().podcast.itunes_owner(name="Marit")
    channel = channel_of(document(owner_email=""))
    assert channel.find("itunes:owner", NAMESPACES) is None


def test_an_owner_without_name_goes_by_the_authors_though_feedgen_drops_it() -> None:
    feed = generator()
    feed.podcast.itunes_owner(email="a@example.org")
    assert b"owner" not in feed.rss_str()
    channel = channel_of(document(owner_name="", author="Marit"))
    assert texts(channel, "itunes:owner/itunes:name") == ["Marit"]


def test_an_empty_title_or_description_breaks_feedgen_but_not_the_feed() -> None:
    feed = generator()
    feed.description("")
    with pytest.raises(ValueError):
        feed.rss_str()
    channel = channel_of(document(item(title="", notes_html=""), title=" ", description=""))
    assert texts(channel, "title") == texts(channel, "description") == ["Untitled"]
    assert texts(channel, "item/title") == ["Untitled"]


def test_there_is_no_atom_id_that_all_members_would_share() -> None:
    assert b"atom:id" not in write_feed(complete_document())
