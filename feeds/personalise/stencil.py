"""Bytes with gaps for tokens: filling the gaps is all the work a personal copy takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from sys import getsizeof

from feeds.personalise.template import Occurrence, Words


@dataclass(frozen=True, slots=True)
class Stencil:
    """Text, gap, text, gap, …, text: gaps are empty, ``kinds`` says which token fills each."""

    parts: tuple[bytes, ...]
    kinds: bytes

    def fill(self, tokens: Words, tail: bytes = b"") -> bytes:
        """The whole with the tokens in their gaps and ``tail`` after the end, in one copy."""
        parts = [*self.parts, tail]
        parts[1:-1:2] = [tokens[kind] for kind in self.kinds]
        return b"".join(parts)

    @property
    def texts(self) -> tuple[bytes, ...]:
        """What stands around the gaps; one more than there are gaps."""
        return self.parts[::2]

    @property
    def weight(self) -> int:
        """Bytes of memory held."""
        return getsizeof(self.parts) + getsizeof(self.kinds) + sum(map(getsizeof, self.texts))

    def filled_size(self, tokens: Words) -> int:
        """The length in bytes of ``fill(tokens)``."""
        return sum(map(len, self.texts)) + sum(len(tokens[kind]) for kind in self.kinds)


def make_stencil(texts: Sequence[bytes], kinds: bytes) -> Stencil:
    """Texts with a gap between each two. Raises ValueError if the numbers do not fit."""
    if len(texts) != len(kinds) + 1:
        raise ValueError("a stencil has one text more than gaps")
    parts = [b""] * (2 * len(texts) - 1)
    parts[::2] = texts
    return Stencil(tuple(parts), kinds)


def cut(body: bytes, occurrences: Sequence[Occurrence]) -> Stencil:
    """The body with a gap at each occurrence."""
    starts = [0, *(each.end for each in occurrences)]
    ends = [*(each.start for each in occurrences), len(body)]
    texts = [body[start:end] for start, end in zip(starts, ends, strict=True)]
    return make_stencil(texts, bytes(each.kind for each in occurrences))
