"""A template as a deflate stream (RFC 1951) whose tokens can be replaced afterwards.

A compressor writes a text it has seen before as "copy n bytes from d bytes back". Members'
feeds repeat one token hundreds of times, so nearly all of its occurrences are such copies, and
they need no change: replace the token where it is spelt out and the decoder copies the new one
everywhere. Here it is spelt out in *holes*: stored blocks (§3.2.4), bytes as they are, on byte
boundaries, as long as the token. Everything between holes is ordinary deflate output.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

from feeds.personalise.stencil import Stencil, make_stencil
from feeds.personalise.template import Occurrence, Template, Words

RAW = -zlib.MAX_WBITS  # deflate without zlib's or gzip's wrapping
WINDOW = 1 << zlib.MAX_WBITS  # how far back a copy may reach (§2)
REACH = 32_000  # how far zlib does look: WINDOW less its 262 bytes of lookahead, rounded down
REPAIRS = 4  # one was enough for 85 in 100 hostile documents that needed any
PATIENCE = 2  # after so many, every leak becomes a hole at once

# ID1 ID2, CM deflate, no flags, no time, XFL "slowest", OS unknown (RFC 1952 §2.3.1): nothing
# in it depends on the clock or the machine.
GZIP_HEADER = bytes.fromhex("1f8b 08 00 00000000 02 ff")
_PROBES = b"abcdefghijklmnopqrstuvwxyz"  # a token of one letter for each kind
EMPTY_STORED_BLOCK = b"\x00\x00\xff\xff"  # LEN 0 and its complement


def with_few_holes(template: Template, level: int) -> Stencil:
    """Holes only where no copy can reach, found by rule and then by looking.

    The rule: the first of each kind, and whatever is too far from the one before. zlib may
    still spell out a byte of a token by itself: a copy ends after 258 bytes (§3.2.5), and the
    last byte or two of a token may be too few for another one. Decoding shows such *leaks*;
    they become holes too. Whoever copies from a leak looks like one, so mending the first of
    each kind often mends all.
    """
    holes = set(_out_of_reach(template.occurrences))
    stencil = _deflate_around(template.body, sorted(holes), level)
    for attempt in range(REPAIRS):
        leaks = _leaks(template, stencil)
        if not leaks:
            break
        holes.update(_first_of_each_kind(leaks) if attempt < PATIENCE else leaks)
        stencil = _deflate_around(template.body, sorted(holes), level)
    return stencil


def with_a_hole_for_every_token(template: Template, level: int) -> Stencil:
    """No token is ever copied: larger, but valid whatever the compressor chooses to do."""
    return _deflate_around(template.body, template.occurrences, level)


def inflate(stencil: Stencil, tokens: Words) -> bytes:
    """What the stream decodes to with these tokens. Raises zlib.error on a broken stream."""
    return zlib.decompress(stencil.fill(tokens)[len(GZIP_HEADER) :], RAW)


def _out_of_reach(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    previous: dict[int, int] = {}
    found = []
    for each in occurrences:
        if each.start - previous.get(each.kind, -WINDOW) > REACH:
            found.append(each)
        previous[each.kind] = each.start
    return found


def _leaks(template: Template, stencil: Stencil) -> list[Occurrence]:
    """Occurrences that do not decode to the token in the holes: part of them is a literal."""
    probes = tuple(
        bytes([_PROBES[kind]]) * len(each) for kind, each in enumerate(template.placeholders)
    )
    decoded = inflate(stencil, probes)
    return [
        each for each in template.occurrences if decoded[each.start : each.end] != probes[each.kind]
    ]


def _first_of_each_kind(occurrences: list[Occurrence]) -> Iterable[Occurrence]:
    return {each.kind: each for each in reversed(occurrences)}.values()


def _deflate_around(body: bytes, holes: Sequence[Occurrence], level: int) -> Stencil:
    """GZIP_HEADER and the deflate stream of the body, with a gap for each hole's token."""
    view = memoryview(body)
    texts, start = [], 0
    for hole in holes:
        # A sync flush ends on a byte boundary with an empty stored block. Giving that block a
        # length makes the token its content, at no cost but the token itself.
        flushed = _compress(view, start, hole.start, level, zlib.Z_SYNC_FLUSH)
        length = hole.end - hole.start
        texts.append(
            flushed.removesuffix(EMPTY_STORED_BLOCK) + struct.pack("<HH", length, 0xFFFF ^ length)
        )
        start = hole.end
    texts.append(_compress(view, start, len(body), level, zlib.Z_FINISH))
    texts[0] = GZIP_HEADER + texts[0]
    return make_stencil(texts, bytes(hole.kind for hole in holes))


def _compress(view: memoryview, start: int, end: int, level: int, flush: int) -> bytes:
    """One stretch of the body, which may copy from the WINDOW before it, tokens included.

    The decoder's window does not care for block boundaries (§2), so what precedes serves as
    the new compressor's dictionary. A fresh compressor starts on a byte boundary, which is
    where a stored block ends.
    """
    before = view[max(0, start - WINDOW) : start]
    squeezer = zlib.compressobj(level, zlib.DEFLATED, RAW, zlib.DEF_MEM_LEVEL, zdict=before)
    return squeezer.compress(view[start:end]) + squeezer.flush(flush)
