"""Hostile documents for the splice: what hypothesis draws, and how copies are checked."""

from __future__ import annotations

import gzip
from random import Random

from hypothesis import strategies as st

from benchmarks.sample_feed import FEED_SENTINEL, FEED_TOKEN, MEDIA_SENTINEL, MEDIA_TOKEN
from feeds.personalise import PreparedDocument, prepare
from feeds.personalise.template import Template, from_document

F, M = FEED_SENTINEL, MEDIA_SENTINEL
TOKENS = (FEED_TOKEN, MEDIA_TOKEN)

tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=42, max_size=42).map(str.encode)

_xml_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60).map(
    str.encode
)


@st.composite
def incompressible(draw: st.DrawFn) -> bytes:
    """Random hex or random CJK: little to find for a compressor, up to 40 kB."""
    random, size = Random(draw(st.integers(0, 1 << 30))), draw(st.integers(0, 40_000))
    if draw(st.booleans()):
        return random.randbytes(size // 2).hex().encode()
    return "".join(map(chr, random.choices(range(0x4E00, 0x9FFF), k=size // 3))).encode()


_boilerplate = st.sampled_from(
    [
        b'</description><enclosure url="https://audio.example/m/',
        b'.mp3" type="audio/mpeg"/></item>\n<item>',
        b"\t\r\n",
        b"a" * 217,  # with a token behind it: longer than one copy of 258 bytes
        b"ab" * 108,
        "ÄÖü€𝄞".encode(),
    ]
)
_repeated = st.builds(lambda text, times: text * times, _boilerplate, st.integers(1, 800))
_piece = st.one_of(
    st.sampled_from([F, M]), st.sampled_from([F, M]), _boilerplate, _xml_text, _repeated,
    incompressible(),
)  # fmt: skip
_pieces = st.lists(_piece, max_size=25).map(b"".join)

documents = st.builds(lambda pieces, times: pieces * times, _pieces, st.sampled_from([1, 1, 2, 5]))
"""Sentinels anywhere (ends, side by side, over 32 kB apart, nowhere) in text of any kind."""


def replaced(document: bytes, tokens: tuple[bytes, bytes]) -> bytes:
    """The personal document, made the obvious way."""
    return document.replace(F, tokens[0]).replace(M, tokens[1])


def prepared(document: bytes, level: int = 9) -> PreparedDocument:
    return prepare(document, (F, M), level=level)


def template_of(document: bytes) -> Template:
    return from_document(document, (F, M))


def assert_right(copy: PreparedDocument, document: bytes, tokens: tuple[bytes, bytes]) -> None:
    """Both encodings of the copy are the document with these tokens."""
    expected = replaced(document, tokens)
    assert copy.plain(*tokens) == expected
    assert gzip.decompress(copy.gzip(*tokens)) == expected
