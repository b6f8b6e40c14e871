"""Two podcast parsers that were not written here read back every field that we wrote."""

from __future__ import annotations

import calendar
import io
from typing import Any

import feedparser
import podcastparser
import pytest

from feeds.rendering.limited_html import limited_html
from feeds.rendering.report import report_paragraph
from feeds.rendering.write import write_feed
from tests.feeds.rendering.samples import NOTES, OLA, complete_document

DOCUMENT = complete_document()
DESCRIPTION = "<p>Letters from a harbour.</p>" + report_paragraph(DOCUMENT.report_url or "", "en")
NOTICE, EPISODE, PLAIN = DOCUMENT.items
XML = write_feed(DOCUMENT)

# (what was written, how feedparser names it). It knows repeated tags by the last one only, and
# itunes:explicit not at all unless it is "yes".
BY_FEEDPARSER: list[tuple[Any, str]] = [
    (DOCUMENT.title, "feed.title"),
    (DESCRIPTION, "feed.subtitle"),
    (DOCUMENT.link, "feed.link"),
    (DOCUMENT.self_url, "next(l.href for l in feed.links if l.rel == 'self')"),
    (DOCUMENT.language, "feed.language"),
    (DOCUMENT.author, "feed.author"),
    (DOCUMENT.owner_name, "feed.publisher_detail.name"),
    (DOCUMENT.owner_email, "feed.publisher_detail.email"),
    (DOCUMENT.image_url, "feed.image.href"),
    (
        ["Society & Culture", "Places & Travel", "Documentary", "Arts"],
        "[tag.term for tag in feed.tags]",
    ),
    (DOCUMENT.type, "feed.itunes_type"),
    (DOCUMENT.copyright, "feed.rights"),
    (DOCUMENT.podcast_guid, "feed.podcast_guid"),
    (DOCUMENT.owner_email, "feed.podcast_locked['owner']"),
    ("yes", "feed.podcast_block"),
    ("yes", "feed.googleplay_block"),
    (1, "feed.itunes_block"),
    (DOCUMENT.medium, "feed.podcast_medium"),
    (DOCUMENT.new_feed_url, "feed['itunes_new-feed-url']"),
    ("Yes", "feed.itunes_complete"),
    (str(DOCUMENT.ttl), "feed.ttl"),
    (DOCUMENT.updated.timestamp(), "at(feed.updated_parsed)"),
    (DOCUMENT.funding and DOCUMENT.funding.url, "feed.podcast_funding['url']"),
    (OLA.role, "feed.podcast_person['role']"),
    (DOCUMENT.image_url, "feed.podcast_image['href']"),
    ([item.guid for item in DOCUMENT.items], "[entry.id for entry in entries]"),
    (NOTICE.title, "entries[0].title"),
    (NOTICE.link, "entries[0].link"),
    ([], "entries[0].enclosures"),
    (EPISODE.title, "episode.title"),
    (EPISODE.link, "episode.link"),
    (False, "episode.guidislink"),
    (EPISODE.published.timestamp(), "at(episode.published_parsed)"),
    (NOTES.replace("<br>", "<br />"), "episode.content[0].value"),
    (limited_html(NOTES), "episode.summary"),
    ("The harbour Marit & Ola talk about boats.", "episode.subtitle"),
    (EPISODE.enclosure and EPISODE.enclosure.url, "episode.enclosures[0].href"),
    (str(EPISODE.enclosure and EPISODE.enclosure.length), "episode.enclosures[0].length"),
    (EPISODE.enclosure and EPISODE.enclosure.mime, "episode.enclosures[0].type"),
    (str(EPISODE.duration), "episode.itunes_duration"),
    (EPISODE.image_url, "episode.image.href"),
    (str(EPISODE.season), "episode.itunes_season"),
    (str(EPISODE.episode), "episode.itunes_episode"),
    (EPISODE.episode_type, "episode.itunes_episodetype"),
    (EPISODE.title, "episode.itunes_title"),
    (1, "episode.itunes_block"),
    (EPISODE.author, "episode.author"),
    (EPISODE.chapters_url, "episode.podcast_chapters['url']"),
    (EPISODE.transcripts[-1].url, "episode.podcast_transcript['url']"),
    (EPISODE.transcripts[-1].mime, "episode.podcast_transcript['type']"),
    (EPISODE.transcripts[-1].language, "episode.podcast_transcript['language']"),
    (EPISODE.season_name, "episode.podcast_season['name']"),
    (EPISODE.episode_display, "episode.podcast_episode['display']"),
]

BY_PODCASTPARSER: list[tuple[Any, str]] = [
    (DOCUMENT.title, "feed['title']"),
    (DESCRIPTION, "feed['description']"),
    (DOCUMENT.link, "feed['link']"),
    (DOCUMENT.language, "feed['language']"),
    (DOCUMENT.author, "feed['itunes_author']"),
    (DOCUMENT.owner_name, "feed['itunes_owner']['name']"),
    (DOCUMENT.owner_email, "feed['itunes_owner']['email']"),
    (DOCUMENT.image_url, "feed['cover_url']"),
    (
        [["Society & Culture", "Places & Travel", "Documentary"], ["Arts"]],
        "feed['itunes_categories']",
    ),
    (True, "feed['explicit']"),
    (DOCUMENT.type, "feed['type']"),
    (DOCUMENT.new_feed_url, "feed['new_url']"),
    (
        [EPISODE.guid, PLAIN.guid],
        "sorted(each['guid'] for each in feed['episodes'] if each['enclosures'])",
    ),
    (EPISODE.title, "episode['title']"),
    (EPISODE.link, "episode['link']"),
    (EPISODE.published.timestamp(), "episode['published']"),
    (NOTES, "episode['description_html']"),
    ("The harbour Marit & Ola talk about boats.", "episode['subtitle']"),
    (EPISODE.enclosure and EPISODE.enclosure.url, "episode['enclosures'][0]['url']"),
    (EPISODE.enclosure and EPISODE.enclosure.length, "episode['enclosures'][0]['file_size']"),
    (EPISODE.enclosure and EPISODE.enclosure.mime, "episode['enclosures'][0]['mime_type']"),
    (EPISODE.duration, "episode['total_time']"),
    (EPISODE.image_url, "episode['episode_art_url']"),
    (EPISODE.season, "episode['season']"),
    (EPISODE.episode, "episode['number']"),
    (EPISODE.episode_type, "episode['type']"),
    (True, "episode['explicit']"),
    (EPISODE.author, "episode['itunes_author']"),
]


def at(parsed: Any) -> float:
    return float(calendar.timegm(parsed))


@pytest.mark.parametrize(
    ("written", "expression"), BY_FEEDPARSER, ids=lambda value: str(value)[:60]
)
def test_feedparser_reads(written: Any, expression: str) -> None:
    parsed = feedparser.parse(XML)
    assert parsed.bozo is False
    names = {"feed": parsed.feed, "entries": parsed.entries, "episode": parsed.entries[1]}
    assert eval(expression, {"at": at}, names) == written


@pytest.mark.parametrize(
    ("written", "expression"), BY_PODCASTPARSER, ids=lambda value: str(value)[:60]
)
def test_podcastparser_reads(written: Any, expression: str) -> None:
    feed = podcastparser.parse(DOCUMENT.self_url, io.BytesIO(XML))
    episode = next(each for each in feed["episodes"] if each["guid"] == EPISODE.guid)
    assert eval(expression, {}, {"feed": feed, "episode": episode}) == written
