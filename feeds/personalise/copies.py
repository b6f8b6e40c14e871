"""Gzip copies of a template, made in two ways."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from sys import getsizeof
from typing import Protocol

from feeds.personalise.canvas import Canvas, Canvases
from feeds.personalise.checksum import TokenShare, measure_shares
from feeds.personalise.stencil import Stencil
from feeds.personalise.template import Template, Words

GZIP = zlib.MAX_WBITS + 16  # ask zlib for gzip's wrapping
ORDINARY_LEVEL = 6  # when every request pays, the last percent is not worth a second try


class GzipCopies(Protocol):
    """Personal copies of one template in gzip (RFC 1952)."""

    def ending(self, tokens: Words) -> bytes:
        """What the copy with these tokens ends with, as far as it can be told beforehand."""

    def gzip(self, tokens: Words, ending: bytes) -> bytes:
        """The copy with these tokens and their ending."""

    def draw(self, tokens: Words, ending: bytes) -> bytes | Canvas:
        """The same, maybe on loan (canvas.py)."""

    @property
    def size(self) -> int | None:
        """The length of every copy in bytes; None when only making one tells."""

    @property
    def weight(self) -> int:
        """Bytes of memory held."""


@dataclass(frozen=True, slots=True)
class SplicedCopies:
    """Copies by filling the holes of a compressed stencil: no compression per copy."""

    stencil: Stencil
    size: int
    template_crc: int
    template_size: int
    shares: tuple[TokenShare, ...]
    canvases: Canvases = field(repr=False, compare=False)

    def ending(self, tokens: Words) -> bytes:
        """The checksum and the size of the copy's content (RFC 1952 §2.3.1)."""
        crc = self.template_crc
        for share, token in zip(self.shares, tokens, strict=True):
            crc ^= share.of(token)
        return struct.pack("<II", crc, self.template_size)

    def gzip(self, tokens: Words, ending: bytes) -> bytes:
        """The copy with these tokens: microseconds."""
        return self.stencil.fill(tokens, ending)

    def draw(self, tokens: Words, ending: bytes) -> Canvas:
        """The same on loan, with most of it there already."""
        return self.canvases.draw(tokens, ending)

    @property
    def weight(self) -> int:
        """Bytes of memory held."""
        tables = [table for share in self.shares for table in share.tables]
        return self.stencil.weight + sum(map(getsizeof, tables)) + self.canvases.weight


@dataclass(frozen=True, slots=True)
class OrdinaryCopies:
    """Copies by compressing each: milliseconds, the last resort."""

    plain: Stencil
    size: None = None
    weight: int = 0

    def ending(self, tokens: Words) -> bytes:
        """Nothing: compressing tells."""
        return b""

    def gzip(self, tokens: Words, ending: bytes) -> bytes:
        """The copy with these tokens: milliseconds."""
        squeezer = zlib.compressobj(ORDINARY_LEVEL, zlib.DEFLATED, GZIP)
        return squeezer.compress(self.plain.fill(tokens)) + squeezer.flush()

    draw = gzip


def splice(template: Template, stencil: Stencil) -> SplicedCopies:
    """Copies from the template's compressed stencil."""
    trailer = 8  # CRC32 and ISIZE, which is the size modulo 2^32 (RFC 1952 §2.3.1)
    sizes = tuple(map(len, template.placeholders))
    return SplicedCopies(
        stencil=stencil,
        size=stencil.filled_size(template.placeholders) + trailer,
        template_crc=zlib.crc32(template.body),
        template_size=len(template.body) & 0xFFFFFFFF,
        shares=measure_shares(template),
        canvases=Canvases(stencil, sizes, trailer),
    )
