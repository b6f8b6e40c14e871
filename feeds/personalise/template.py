"""The document with placeholders in the places where tokens go.

A placeholder is as long as its token and made of bytes that XML in UTF-8 never contains. Each
pair of neighbouring bytes in which a placeholder takes part tells *which* byte of *which*
placeholder it is (`unmistakable` checks it). The rest of the package stands on that. A
compressor copies from an earlier place at least three bytes at a time (RFC 1951 §3.2.5), so
every placeholder byte it copies has a neighbour in the copy and comes from the same position of
the same placeholder. The copy stays right when all placeholders of a kind are replaced by one
token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import NamedTuple

Pair = tuple[bytes, bytes]
"""Something for the feed token and something for the media token, in this order."""

# C0 controls other than tab, LF and CR are no XML characters (XML 1.0 §2.2); C0, C1 and F5–FF
# occur in no UTF-8 text (RFC 3629 §3). NUL is left out: that makes 41 values, a prime.
FORBIDDEN = bytes(
    value
    for value in range(1, 256)
    if (value < 0x20 and value not in b"\t\n\r") or value in (0xC0, 0xC1) or value >= 0xF5
)
LONGEST = 256  # bytes of one placeholder; for all lengths up to it there are two (tried)


class Occurrence(NamedTuple):
    """One token in the template: bytes ``start`` to ``end``; ``kind`` indexes a ``Pair``."""

    start: int
    end: int
    kind: int


@dataclass(frozen=True, slots=True)
class Template:
    """A document with placeholders, and where they are, first to last."""

    body: bytes
    placeholders: Pair
    occurrences: tuple[Occurrence, ...]


def from_document(document: bytes, sentinels: Pair) -> Template:
    """Put placeholders where the renderer left its sentinels.

    Raises ValueError if the document holds bytes that XML forbids, or if the sentinels cannot
    be told apart.
    """
    if not all(sentinels) or sentinels[0] in sentinels[1] or sentinels[1] in sentinels[0]:
        raise ValueError("sentinels must not be empty, equal or contained in one another")
    if len(document) != len(document.translate(None, b"\0" + FORBIDDEN)):
        raise ValueError("the document holds control characters or is not UTF-8: it is not XML")
    placeholders = make_placeholders(len(sentinels[0]), len(sentinels[1]))
    swap = dict(zip(sentinels, placeholders, strict=True))
    body = _either(sentinels).sub(lambda found: swap[found.group()], document)
    return from_body(body, placeholders)


def from_body(body: bytes, placeholders: Pair) -> Template:
    """The template with this body; its placeholders are found again."""
    occurrences = tuple(
        Occurrence(found.start(), found.end(), placeholders.index(found.group()))
        for found in _either(placeholders).finditer(body)
    )
    return Template(body, placeholders, occurrences)


def _either(words: Pair) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, words)))


@cache
def make_placeholders(feed_length: int, media_length: int) -> Pair:
    """Two placeholders of these lengths in bytes. Raises ValueError if one is over LONGEST."""
    if not (0 < feed_length <= LONGEST and 0 < media_length <= LONGEST):
        raise ValueError(f"a token has 1 to {LONGEST} bytes")
    walk = bytes(_walk())
    # Pairs inside either are distinct wherever the walk is cut; what must be sought are cuts
    # whose ends differ too. Half of all lengths have them at the first try.
    for start, gap in product(range(len(FORBIDDEN)), repeat=2):
        middle = start + feed_length + gap
        feed, media = walk[start : start + feed_length], walk[middle : middle + media_length]
        if unmistakable(feed, media):
            return feed, media
    raise ValueError(f"no placeholders of {feed_length} and {media_length} bytes")


def _walk() -> Iterator[int]:
    """Forbidden bytes in an order in which no two neighbours occur twice.

    Steps of one size visit all values, their number being prime, before they come back to the
    start; a pair (value, value + step) is met once in the one round that takes this step.
    """
    count = len(FORBIDDEN)
    at = 0
    for step in range(1, count):
        for _ in range(count):
            yield FORBIDDEN[at]
            at = (at + step) % count


def unmistakable(feed: bytes, media: bytes) -> bool:
    """Whether two neighbouring bytes always tell their places in the placeholders.

    Placeholders may stand next to each other in any order. Those four meetings also make sure
    that the first bytes differ and the last bytes differ, which is what tells a placeholder
    byte whose one neighbour is ordinary text.
    """
    inside = [*pairwise(feed), *pairwise(media)]
    meetings = [(left[-1], right[0]) for left in (feed, media) for right in (feed, media)]
    return len({*inside, *meetings}) == len(inside) + len(meetings)
