"""What feeds say in more ways than one is read as podcast apps read it."""

from __future__ import annotations

import pytest

from episodes.notes import notes_html
from episodes.rss_import.feed import ForeignFeed
from episodes.rss_import.parse import parse_feed
from episodes.rss_import.words import notes_from_html
from tests.samples.feeds.hosts import rss

ITEM = (
    "<item><title>The Storm</title><guid>storm</guid>"
    '<enclosure url="https://old.example/storm.mp3" length="9" type="audio/mpeg"/>{}</item>'
)


def read(channel: str = "", item: str = "") -> ForeignFeed:
    """A feed of one item, with more in its channel and in its item."""
    said = f"<title>Harbour Notes</title>{channel}{ITEM.format(item)}"
    return parse_feed(rss(said, "itunes", "podcast").encode(), url="https://old.example/feed")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("true", True),
        ("yes", True),
        ("Explicit", True),
        ("false", False),
        ("no", False),
        ("clean", False),
        ("perhaps", None),
    ],
)
def test_explicit_is_understood_as_it_is_and_as_it_was_written(
    word: str, meant: bool | None
) -> None:
    said = f"<itunes:explicit>{word}</itunes:explicit>"
    feed = read(said, said)
    assert feed.items[0].explicit is meant
    assert feed.explicit is (meant is True)


def test_a_channel_speaks_for_itself_and_not_for_an_item_that_is_silent() -> None:
    feed = read("<itunes:explicit>true</itunes:explicit>")
    assert feed.explicit
    assert feed.items[0].explicit is None


SMALL = (
    "<image><url>https://old.example/144.png</url><title>Harbour Notes</title>"
    "<link>https://old.example/</link></image>"
)
LARGE = '<itunes:image href="https://old.example/3000.jpg"/>'


@pytest.mark.parametrize("channel", [SMALL + LARGE, LARGE + SMALL])
def test_the_artwork_is_apples_wherever_the_small_picture_stands(channel: str) -> None:
    assert read(channel).image_url == "https://old.example/3000.jpg"


def test_without_apples_picture_the_small_one_has_to_do() -> None:
    assert read(SMALL).image_url == "https://old.example/144.png"


def test_an_episodes_picture_is_its_own() -> None:
    feed = read(LARGE, '<itunes:image href="/storm.jpg"/>' + SMALL)
    assert feed.items[0].image_url == "https://old.example/storm.jpg"


@pytest.mark.parametrize(
    ("written", "meant"), [("de", "de"), ("de_DE", "de-de"), (" en-GB\n", "en-gb")]
)
def test_the_name_of_a_locale_is_a_language(written: str, meant: str) -> None:
    assert read(f"<language>{written}</language>").language == meant


def test_a_letter_cut_in_two_spoils_no_other() -> None:
    item = ITEM.format("<description>CUT</description>").replace("<guid>storm", "<guid>über–1")
    whole = rss(f"<title>Café “Hafen”</title>{item}").encode()
    feed = parse_feed(whole.replace(b"CUT", "gekürzt …".encode()[:-1]))
    assert (feed.title, feed.items[0].guid) == ("Café “Hafen”", "über–1")
    assert feed.items[0].notes_html.startswith("gekürzt")


@pytest.mark.parametrize("claim", ["UTF-8", "windows-1252"])
def test_windows_1252_is_read_whatever_it_calls_itself(claim: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{claim}"?>'
    said = rss(f"<title>Café “Hafen”</title>{ITEM.format('')}", declaration=declaration)
    assert parse_feed(said.encode("cp1252")).title == "Café “Hafen”"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("https://youtu.be/a_b-c", "https://youtu.be/a_b-c"),
        (
            "<p>As in https://x.example/_a_/?utm_source=b.</p>",
            "https://x.example/_a_/?utm_source=b",
        ),
        ("(https://w.example/Knot_(sailing_term))", "https://w.example/Knot_(sailing_term)"),
        ("<b>www.x.org/a_b_c</b>", "https://www.x.org/a_b_c"),
        ('<a href="https://x.example/a_b">a_b https://x.example/a_b</a>', "https://x.example/a_b"),
    ],
)
def test_an_address_in_the_notes_leads_where_it_did(said: str, address: str) -> None:
    assert f'<a href="{address}"' in notes_html(notes_from_html(said))


@pytest.mark.parametrize(
    "words", ["How &lt;video&gt; came about", "5 &lt; 6 &lt;!-- not yet", r"\\*stars\\* and_lines_"]
)
def test_words_that_look_like_markup_stay_words(words: str) -> None:
    assert notes_html(notes_from_html(f"<p>{words}</p>")) == f"<p>{words}</p>"
