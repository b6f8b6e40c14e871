"""Podcast Index's own parser, from npm, finds every podcast:* field that we write.

It drops what it thinks invalid without a word, so every field is asked for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from feeds.rendering.write import write_feed
from tests.feeds.rendering.samples import MARIT, OLA, complete_document

pytestmark = pytest.mark.slow

NODE = Path(__file__).parents[2] / "node"
DOCUMENT = complete_document()
_, EPISODE, _ = DOCUMENT.items


@pytest.fixture(scope="module")
def parsed() -> Any:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "podcast-partytime").is_dir():
        pytest.skip("podcast-partytime is not installed: make node")
    done = subprocess.run(
        [node, "read_feed.mjs"],
        cwd=NODE,
        input=write_feed(DOCUMENT),
        capture_output=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def people(part: Any) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (each["name"], each["role"], each["group"], each.get("img"), each.get("href"))
        for each in part["podcastPeople"]
    ]


HOST = (MARIT.name, "Host", "Cast", MARIT.img, MARIT.href)
GUEST = (OLA.name, "Guest", "Cast", None, None)


def test_it_supports_every_tag_that_it_knows_of(parsed: Any) -> None:
    assert parsed["pc20support"] == {
        "1": ["locked", "funding", "transcript", "chapters"],
        "2": ["person", "season", "episode"],
        "3": ["guid"],
        "4": ["medium"],
        "5": ["block"],
    }


def test_it_reads_the_channel(parsed: Any) -> None:
    assert parsed["guid"] == DOCUMENT.podcast_guid
    assert parsed["locked"] is True
    assert parsed["podcastOwner"] == DOCUMENT.owner_email
    assert parsed["podcastBlocked"] == "yes"
    assert parsed["itunesBlock"] is True
    assert parsed["medium"] == DOCUMENT.medium
    assert parsed["explicit"] is True
    assert DOCUMENT.funding is not None
    assert parsed["podcastFunding"] == [
        {"message": DOCUMENT.funding.text, "url": DOCUMENT.funding.url}
    ]
    assert people(parsed) == [HOST, GUEST]
    assert parsed["pubsub"]["self"] == DOCUMENT.self_url
    assert parsed["itunesNewFeedUrl"] == DOCUMENT.new_feed_url


def test_it_reads_an_episode(parsed: Any) -> None:
    episode = parsed["items"][0]
    assert EPISODE.enclosure is not None
    assert episode["guid"] == EPISODE.guid
    assert episode["enclosure"]["url"] == EPISODE.enclosure.url
    assert episode["podcastSeason"] == {"number": EPISODE.season, "name": EPISODE.season_name}
    assert episode["podcastEpisode"] == {
        "number": EPISODE.episode,
        "display": EPISODE.episode_display,
    }
    assert people(episode) == [HOST, GUEST]
    assert episode["podcastChapters"] == {
        "url": EPISODE.chapters_url,
        "type": "application/json+chapters",
    }
    assert [(t["url"], t["language"], t.get("rel")) for t in episode["podcastTranscripts"]] == [
        (EPISODE.transcripts[0].url, "en-gb", "captions"),
        (EPISODE.transcripts[1].url, "fr", None),
    ]


def test_it_skips_the_notice_which_has_no_audio(parsed: Any) -> None:
    assert [each["guid"] for each in parsed["items"]] == [
        each.guid for each in DOCUMENT.items if each.enclosure
    ]
