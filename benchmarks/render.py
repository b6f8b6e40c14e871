"""What writing a feed costs: ``python -m benchmarks.render``.

Each size is rendered several times in one run, with about 2 kB of notes for every episode;
figures are medians in milliseconds, with the fastest in brackets. "feedgen" is what feedgen
alone needs for the same texts, without our own tags.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from feedgen.feed import FeedGenerator

from feeds.rendering.document import (
    Enclosure,
    FeedDocument,
    FeedItem,
    Funding,
    Person,
    TranscriptLink,
    fingerprint,
)
from feeds.rendering.write import write_feed

SITE = "https://podcast.example"
MEDIA = f"{SITE}/m/{'1' * 50}"
SIZES = (50, 300, 1000)
ROUNDS = 1 if "--quick" in sys.argv else 7
WORDS = ("a", "harbour", "boat", "über", "morning", "of", "the")
START = datetime(2020, 1, 6, 6, tzinfo=UTC)


def main() -> None:
    """Print the table."""
    print(f"{'episodes':>8} {'kB':>6} {'write ms':>16} {'feedgen ms':>16} {'fingerprint ms':>16}")
    for episodes in SIZES:
        document = sample_document(episodes)
        size = len(write_feed(document)) / 1000
        times = [
            took(lambda: write_feed(document)),  # noqa: B023
            took(lambda: feedgen_alone(document)),  # noqa: B023
            took(lambda: fingerprint(document)),  # noqa: B023
        ]
        print(f"{episodes:8} {size:6.0f} " + " ".join(f"{each:>16}" for each in times))


def took(work: Callable[[], object]) -> str:
    """Median and minimum of some runs, in milliseconds."""
    runs = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        runs.append((time.perf_counter() - begun) * 1000)
    return f"{statistics.median(runs):.2f} ({min(runs):.2f})"


def sample_document(episodes: int, seed: int = 1) -> FeedDocument:
    """A private feed with this many episodes, each with notes, chapters and a transcript."""
    random = Random(seed)
    items = tuple(_item(random, number) for number in range(episodes, 0, -1))
    return FeedDocument(
        title="A sample show",
        description="<p>A show to measure with.</p>",
        link=SITE,
        self_url=f"{SITE}/f/{'0' * 50}",
        language="en",
        author="Somebody",
        owner_name="",
        owner_email="",
        image_url=f"{SITE}/art/1/cover.jpg",
        categories=(("Arts", "Books"),),
        explicit=False,
        type="episodic",
        copyright="Somebody",
        podcast_guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
        locked=True,
        private=True,
        persons=(Person("Somebody"),),
        funding=Funding(SITE, "Become a member"),
        updated=items[0].published,
        items=items,
    )


def _item(random: Random, number: int) -> FeedItem:
    words = " ".join(
        random.choices(("a", "harbour", "boat", "über", "morning", "of", "the"), k=320)
    )
    media = f"{MEDIA}/{random.getrandbits(40):010x}"
    return FeedItem(
        guid=f"{random.getrandbits(128):032x}",
        title=f"Of {words[:40]}",
        link=f"{SITE}/shows/sample/{number}",
        published=START + timedelta(days=number),
        notes_html=f'<h2>Notes</h2><p>{words}</p><p><a href="{SITE}/more">More</a></p>',
        summary=words[:255],
        enclosure=Enclosure(f"{media}.mp3", random.randrange(10**7, 10**8), "audio/mpeg"),
        duration=random.randrange(600, 6000),
        image_url=f"{SITE}/art/1/{number}.jpg",
        season=1 + number // 50,
        episode=number,
        persons=(Person("Somebody"), Person("A guest", role="guest")),
        chapters_url=f"{media}.chapters.json",
        transcripts=(TranscriptLink(f"{media}.1.vtt", "text/vtt", "en"),),
    )


def feedgen_alone(document: FeedDocument) -> bytes:
    """The same titles, notes and enclosures through feedgen as it comes."""
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.title(document.title)
    feed.link(href=document.link)
    feed.description(document.description)
    for item in document.items:
        entry = feed.add_entry(order="append")
        entry.title(item.title)
        entry.guid(item.guid)
        entry.published(item.published)
        entry.description(item.notes_html)
        entry.content(item.notes_html, type="CDATA")
        if item.enclosure:
            entry.enclosure(item.enclosure.url, str(item.enclosure.length), item.enclosure.mime)
        entry.podcast.itunes_duration(item.duration)
    written: bytes = feed.rss_str()
    return written


if __name__ == "__main__":
    main()
