"""Documents to render: a complete one with every field, and small ones to vary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from feeds.rendering.document import (
    Enclosure,
    FeedDocument,
    FeedItem,
    Funding,
    Person,
    TranscriptLink,
)

FEED_TOKEN = "FEEDTOKENSTANDSHERE0000000"
MEDIA_TOKEN = "MEDIATOKENSTANDSHERE111111"
SITE = "https://podcast.example"
MEDIA = f"{SITE}/m/{MEDIA_TOKEN}"
NOTES = """<h2>The harbour</h2>
<p>Marit &amp; <strong>Ola</strong> talk about <em>boats</em>.<br>
0:00 Hello</p>
<ul><li>A <a href="https://boats.example/?a=1&amp;b=2" rel="nofollow noopener">link</a></li></ul>
<blockquote><p>5 &lt; 6 ]]&gt; <code>mooring()</code></p></blockquote>"""

MARIT = Person("Marit Solberg", img=f"{SITE}/art/marit.jpg", href="https://marit.example/")
OLA = Person("Ola Åsen", role="guest")


def item(**fields: Any) -> FeedItem:
    """A small item; any field can be given."""
    defaults: dict[str, Any] = {
        "guid": "b3c1d9a2-7a6f-4a58-9e41-000000000001",
        "title": "The harbour",
        "link": f"{SITE}/shows/harbour/e1",
        "published": datetime(2026, 5, 4, 6, 30, tzinfo=UTC),
        "notes_html": "<p>Boats.</p>",
        "summary": "Boats.",
        "enclosure": Enclosure(f"{MEDIA}/e1.mp3", 12_345_678, "audio/mpeg"),
        "duration": 1834,
        "image_url": None,
    }
    return FeedItem(**defaults | fields)


def document(*items: FeedItem, **fields: Any) -> FeedDocument:
    """A small public document; any field can be given."""
    defaults: dict[str, Any] = {
        "title": "Harbour Notes",
        "description": "<p>Letters from a harbour.</p>",
        "link": "https://harbour.example/",
        "self_url": f"{SITE}/shows/harbour/feed.xml",
        "language": "en-gb",
        "author": "Marit Solberg",
        "owner_name": "Marit Solberg",
        "owner_email": "marit@harbour.example",
        "image_url": f"{SITE}/art/1/cover.jpg",
        "categories": (("Society & Culture", "Places & Travel"), ("Arts", None)),
        "explicit": False,
        "type": "episodic",
        "copyright": "Marit Solberg",
        "podcast_guid": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
        "locked": True,
        "private": False,
        "persons": (MARIT,),
        "funding": Funding(f"{SITE}/shows/harbour", "Become a member"),
        "updated": datetime(2026, 5, 4, 6, 30, tzinfo=UTC),
        "items": items,
    }
    return FeedDocument(**defaults | fields)


def complete_item() -> FeedItem:
    """An item with every field filled."""
    return item(
        notes_html=NOTES,
        summary="The harbour\nMarit & Ola talk about boats.",
        image_url=f"{SITE}/art/1/e1.png",
        season=2,
        season_name="Winter",
        episode=7,
        episode_display="Ch. 7",
        episode_type="bonus",
        explicit=True,
        block=True,
        author="Marit & Ola",
        persons=(MARIT, OLA),
        chapters_url=f"{MEDIA}/e1.chapters.json",
        transcripts=(
            TranscriptLink(f"{MEDIA}/e1.1.vtt", "text/vtt", "en-gb", "captions"),
            TranscriptLink(f"{MEDIA}/e1.2.srt", "application/x-subrip", "fr"),
        ),
    )


def notice_item() -> FeedItem:
    """An item without audio."""
    return item(
        guid="917393e3-1b1e-5cef-ace4-edaa54e1f810:notice:lapsed",
        title="Your membership of Harbour Notes has ended",
        link=f"{MEDIA}/renew",
        published=datetime(2026, 5, 4, 6, 30, 1, tzinfo=UTC),
        notes_html=f'<p>Come back.</p><p><a href="{MEDIA}/renew">Renew</a></p>',
        summary="Come back.",
        enclosure=None,
        duration=None,
        episode_type="bonus",
    )


def complete_document() -> FeedDocument:
    """A private document with every field filled, a notice, and a plain item."""
    plain = item(
        guid="b3c1d9a2-7a6f-4a58-9e41-000000000002",
        title="Ice",
        episode=6,
        published=datetime(2026, 4, 27, 6, 30, tzinfo=UTC),
        enclosure=Enclosure(f"{MEDIA}/e2.m4a", 9_876_543, "audio/mp4"),
    )
    made = document(notice_item(), complete_item(), plain)
    return replace(
        made,
        self_url=f"{SITE}/f/{FEED_TOKEN}",
        new_feed_url=f"{SITE}/f/{FEED_TOKEN}",
        explicit=True,
        type="serial",
        private=True,
        medium="course",
        complete=True,
        ttl=60,
        report_url=f"{SITE}/report/REPORTTOKENSTANDSHERE22222",
        persons=(MARIT, OLA),
        categories=(
            ("Society & Culture", "Places & Travel"),
            ("Arts", None),
            ("Society & Culture", "Documentary"),
        ),
    )
