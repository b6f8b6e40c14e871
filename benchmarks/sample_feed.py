"""A made-up feed of realistic size: English-like notes of about 2 kB for every episode."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from random import Random

FEED_SENTINEL = b"pf" + b"0" * 40
MEDIA_SENTINEL = b"pm" + b"1" * 40
FEED_TOKEN = b"pfx33m5tlvml3vf4vnmg6j55nncpakvyk7wzcl6spf"
MEDIA_TOKEN = b"pmtuh4kj25tokw4c3oay4fp3e2pz5xom2rg6lqh6q3"

_LETTERS, _FREQUENCIES = "etaoinshrdlcumwfgypbvk", range(22, 0, -1)
_VOCABULARY = 8000
_ITEM = """<item><title>Episode {number}: {title}</title>
<guid isPermaLink="false">{guid:032x}</guid><pubDate>Mon, 05 Jan 2026 06:00:00 +0000</pubDate>
<description>{notes}</description><itunes:duration>{seconds}</itunes:duration>
<enclosure url="https://audio.example/m/{media}/{slug:010x}.mp3" length="{size}" type="audio/mpeg"/>
<podcast:transcript url="https://audio.example/t/{slug:010x}.vtt" type="text/vtt"/></item>
"""
_CHANNEL = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>A sample show</title>
<atom:link href="https://audio.example/feed/{feed}" rel="self" type="application/rss+xml"/>
{items}</channel></rss>
"""


def sample_feed(episodes: int, seed: int = 1) -> bytes:
    """A feed with this many episodes and sentinels for its tokens; about 2.7 kB an episode."""
    random = Random(seed)
    text = prose(random)
    items = "".join(
        _ITEM.format(
            number=number,
            title=text(4),
            notes=text(320),
            guid=random.getrandbits(128),
            slug=random.getrandbits(40),
            seconds=random.randrange(600, 6000),
            size=random.randrange(10**7, 10**8),
            media=MEDIA_SENTINEL.decode(),
        )
        for number in range(episodes, 0, -1)
    )
    return _CHANNEL.format(feed=FEED_SENTINEL.decode(), items=items).encode()


def prose(random: Random) -> Callable[[int], str]:
    """Makes texts of so many words that compress as English does."""
    words = ["".join(_word(random)) for _ in range(_VOCABULARY)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(_VOCABULARY)))  # Zipf's law

    def text(count: int) -> str:
        return " ".join(random.choices(words, cum_weights=weights, k=count)).capitalize()

    return text


def _word(random: Random) -> list[str]:
    return random.choices(_LETTERS, _FREQUENCIES, k=random.choice((2, 3, 4, 4, 5, 6, 7, 9, 11)))
