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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, permutations, product
from typing import NamedTuple

Words = tuple[bytes, ...]
"""Something for each kind of token, always in the same order."""

# C0 controls other than tab, LF and CR are no XML characters (XML 1.0 §2.2); C0, C1 and F5–FF
# occur in no UTF-8 text (RFC 3629 §3). NUL is left out: that makes 41 values, a prime.
FORBIDDEN = bytes(
    value
    for value in range(1, 256)
    if (value < 0x20 and value not in b"\t\n\r") or value in (0xC0, 0xC1) or value >= 0xF5
)
# Bytes of one placeholder. For all lengths up to it there are two, and three of equal length
# (tried); each kind more costs the search another factor.
LONGEST = 256


class Occurrence(NamedTuple):
    """One token in the template: bytes ``start`` to ``end``; ``kind`` indexes ``Words``."""

    start: int
    end: int
    kind: int


@dataclass(frozen=True, slots=True)
class Template:
    """A document with placeholders, and where they are, first to last."""

    body: bytes
    placeholders: Words
    occurrences: tuple[Occurrence, ...]


def from_document(document: bytes, sentinels: Words) -> Template:
    """Put placeholders where the renderer left its sentinels.

    Raises ValueError if the document holds bytes that XML forbids, or if the sentinels cannot
    be told apart.
    """
    if not all(sentinels) or any(one in other for one, other in permutations(sentinels, 2)):
        raise ValueError("sentinels must not be empty, equal or contained in one another")
    if len(document) != len(document.translate(None, b"\0" + FORBIDDEN)):
        raise ValueError("the document holds control characters or is not UTF-8: it is not XML")
    placeholders = make_placeholders(*map(len, sentinels))
    swap = dict(zip(sentinels, placeholders, strict=True))
    body = _either(sentinels).sub(lambda found: swap[found.group()], document)
    return from_body(body, placeholders)


def from_body(body: bytes, placeholders: Words) -> Template:
    """The template with this body; its placeholders are found again."""
    occurrences = tuple(
        Occurrence(found.start(), found.end(), placeholders.index(found.group()))
        for found in _either(placeholders).finditer(body)
    )
    return Template(body, placeholders, occurrences)


def _either(words: Words) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, words)))


@cache
def make_placeholders(*lengths: int) -> Words:
    """Placeholders of these lengths in bytes. Raises ValueError if one is over LONGEST."""
    if not all(0 < length <= LONGEST for length in lengths):
        raise ValueError(f"a token has 1 to {LONGEST} bytes")
    walk = bytes(_walk())
    # Pairs inside each are distinct wherever the walk is cut; what must be sought are cuts
    # whose ends differ too. Half of all lengths have them at the first try.
    for gaps in product(range(len(FORBIDDEN)), repeat=len(lengths)):
        found = tuple(_cuts(walk, gaps, lengths))
        if unmistakable(*found):
            return found
    raise ValueError(f"no placeholders of {lengths} bytes")


def _cuts(walk: bytes, gaps: Iterable[int], lengths: Iterable[int]) -> Iterator[bytes]:
    """Pieces of the walk of these lengths, each after so many values left out."""
    at = 0
    for gap, length in zip(gaps, lengths, strict=True):
        yield walk[at + gap : at + gap + length]
        at += gap + length


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


def unmistakable(*placeholders: bytes) -> bool:
    """Whether two neighbouring bytes always tell their places in the placeholders.

    Placeholders may stand next to each other in any order. Those meetings also make sure
    that the first bytes differ and the last bytes differ, which is what tells a placeholder
    byte whose one neighbour is ordinary text.
    """
    inside = [pair for each in placeholders for pair in pairwise(each)]
    meetings = [(left[-1], right[0]) for left, right in product(placeholders, repeat=2)]
    return len({*inside, *meetings}) == len(inside) + len(meetings)
