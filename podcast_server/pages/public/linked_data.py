"""Shows and episodes as schema.org tells them (JSON-LD), and times as ISO 8601 writes them."""

from __future__ import annotations

from typing import Any

from episodes.models import Show
from episodes.notes import plain_text
from feeds.rendering.assemble import Addresses
from podcast_server.pages.public.catalogue import EpisodeCard

CONTEXT = "https://schema.org"
LONGEST_TEXT = 500  # characters


def series(show: Show, addresses: Addresses) -> dict[str, Any]:
    """A PodcastSeries."""
    facts: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "PodcastSeries",
        "name": show.title,
        "description": brief(show.description),
        "url": addresses.show(show.slug),
        "webFeed": addresses.public_feed(show.slug),
        "inLanguage": show.language,
    }
    if show.author:
        facts["author"] = {"@type": "Person", "name": show.author}
    if show.links:
        facts["sameAs"] = [link["url"] for link in show.links]
    if show.artwork_key:
        facts["image"] = addresses.artwork(show.artwork_key)
    return facts


def episode(show: Show, card: EpisodeCard, addresses: Addresses) -> dict[str, Any]:
    """A PodcastEpisode. ``isAccessibleForFree`` tells search engines of the members' ones."""
    row = card.episode
    facts: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "PodcastEpisode",
        "name": row.title,
        "description": brief(row.notes),
        "url": addresses.episode(show.slug, row.key),
        "isAccessibleForFree": card.is_open,
        "partOfSeries": {
            "@type": "PodcastSeries",
            "name": show.title,
            "url": addresses.show(show.slug),
        },
    }
    if row.publish_at is not None:
        facts["datePublished"] = row.publish_at.isoformat()
    if row.number is not None:
        facts["episodeNumber"] = row.number
    if card.seconds is not None:
        facts["timeRequired"] = iso_duration(card.seconds)
    if card.audio is not None and card.is_open:
        facts["associatedMedia"] = {
            "@type": "AudioObject",
            "contentUrl": addresses.media(None, card.audio_name),
            "encodingFormat": card.audio.mime,
            "duration": iso_duration(card.audio.duration),
        }
    return facts


def iso_duration(seconds: float) -> str:
    """ISO 8601: 3723 → PT1H2M3S."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{left}S"


def brief(markdown: str) -> str:
    """The beginning of a text without its markup, cut between words."""
    text = plain_text(markdown)
    if len(text) <= LONGEST_TEXT:
        return text
    return text[:LONGEST_TEXT].rsplit(" ", 1)[0] + "…"
