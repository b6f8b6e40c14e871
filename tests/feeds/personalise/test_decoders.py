"""Every decoder a podcast app may use reads a copy to the same bytes."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator

import isal.igzip
import isal.isal_zlib
import pytest
import zlib_ng.gzip_ng
import zlib_ng.zlib_ng
from hypothesis import given, settings

from benchmarks.sample_feed import sample_feed
from feeds.personalise import PreparedDocument
from feeds.personalise import prepared as subject
from feeds.personalise.deflate import with_a_hole_for_every_token
from tests.feeds.personalise.samples import TOKENS, F, M, documents, prepared, replaced, tokens

GZIP = zlib.MAX_WBITS + 16
Decoder = Callable[[bytes], bytes]


def byte_by_byte(data: bytes) -> bytes:
    """As a slow network delivers it: blocks and holes straddle every read."""
    decoder = zlib.decompressobj(GZIP)
    plain = b"".join(decoder.decompress(data[at : at + 1]) for at in range(len(data)))
    assert decoder.eof
    assert not decoder.unused_data
    return plain


def in_small_output_steps(data: bytes) -> bytes:
    """As an app with a small buffer takes it: 7 bytes at a time."""
    decoder, plain = zlib.decompressobj(GZIP), []
    while not decoder.eof:
        plain.append(decoder.decompress(data, 7))
        data = decoder.unconsumed_tail
    return b"".join(plain)


DECODERS: list[Decoder] = [
    gzip.decompress,
    lambda data: zlib.decompress(data, GZIP),
    lambda data: gzip.GzipFile(fileobj=io.BytesIO(data)).read(),
    byte_by_byte,
    in_small_output_steps,
    isal.igzip.decompress,
    lambda data: isal.isal_zlib.decompress(data, GZIP),
    zlib_ng.gzip_ng.decompress,
    lambda data: zlib_ng.zlib_ng.decompress(data, GZIP),
]
NAMES = ["gzip", "zlib", "GzipFile", "bytewise", "7 bytes", "igzip", "isal", "gzip_ng", "zlib_ng"]


@pytest.mark.parametrize("decode", DECODERS, ids=NAMES)
@settings(max_examples=40)
@given(documents.filter(lambda document: len(document) < 100_000), tokens, tokens)
def test_a_decoder_reads_any_copy(
    decode: Decoder, document: bytes, feed: bytes, media: bytes
) -> None:
    assert decode(prepared(document).gzip(feed, media)) == replaced(document, (feed, media))


@pytest.mark.parametrize("decode", DECODERS, ids=NAMES)
def test_a_decoder_reads_a_real_feed(decode: Decoder) -> None:
    document = sample_feed(60)
    assert decode(prepared(document).gzip(*TOKENS)) == replaced(document, TOKENS)


@pytest.mark.parametrize("size", [*range(16_382, 16_386), *range(32_766, 32_770), 65_535, 65_536])
def test_block_and_window_sizes_are_no_boundary(size: int) -> None:
    """zlib ends blocks after 16 k symbols, slides its window at 32 kB, stores up to 64 kB."""
    text = b"".join(b"%x" % (number * 2654435761 % 2**32) for number in range(size // 7))
    document = (text * 2)[:size] + M + F + text[:99] + M
    assert gzip.decompress(prepared(document).gzip(*TOKENS)) == replaced(document, TOKENS)


def hard_cases() -> Iterator[tuple[PreparedDocument, bytes]]:
    samples = [b"", F, M + F + F, (F + M) * 500, sample_feed(60), M + b"x" * 40_000 + M]
    for document in samples:
        yield prepared(document), document


def run(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=30).stdout


@pytest.mark.slow
@pytest.mark.parametrize("every_token", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        ["node", "-e", "process.stdout.write(zlib.gunzipSync(fs.readFileSync(0)))"],
        ["node", "-e", "process.stdin.pipe(zlib.createGunzip()).pipe(process.stdout)"],
        ["gzip", "-dc"],
    ],
    ids=["node at once", "node streaming", "gzip program"],
)
def test_other_programs_read_copies(
    command: list[str], every_token: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if every_token:
        monkeypatch.setattr(subject, "METHODS", (with_a_hole_for_every_token,))
    for copy, document in hard_cases():
        assert run(command, copy.gzip(*TOKENS)) == replaced(document, TOKENS)


@pytest.mark.parametrize("episodes", [0, 1, 20])
def test_a_copy_is_one_gzip_member_with_nothing_behind_it(episodes: int) -> None:
    decoder = zlib.decompressobj(GZIP)
    decoder.decompress(prepared(sample_feed(episodes)).gzip(*TOKENS))
    assert decoder.eof
    assert decoder.unused_data == b""
