"""A member's copy is the document with their tokens, in every encoding, whatever the document."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.sample_feed import sample_feed
from feeds.personalise import dump, load, prepare
from feeds.personalise.copies import SplicedCopies
from tests.feeds.personalise.samples import (
    TOKENS,
    F,
    M,
    assert_right,
    documents,
    prepared,
    replaced,
    tokens,
)


@given(documents, tokens, tokens)
@example(b"", *TOKENS)
@example(F, *TOKENS)
@example(M, *TOKENS)
@example(F + M, *TOKENS)
@example(M + F + F + M + M, *TOKENS)
@example((F + M) * 3000, *TOKENS)
@example(M * 3000, *TOKENS)
@example(b"no tokens at all" * 9000, *TOKENS)
@example(M + b"x" * 32_464 + M + b"y" * 31_958 + M, *TOKENS)  # just out of reach, just within
def test_a_copy_is_the_document_with_the_tokens_in_place(
    document: bytes, feed: bytes, media: bytes
) -> None:
    assert_right(prepared(document), document, (feed, media))


@pytest.mark.thorough
@given(documents, st.integers(0, 9))
def test_every_compression_level_gives_right_copies(document: bytes, level: int) -> None:
    assert_right(prepared(document, level), document, TOKENS)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 4))
def test_tokens_may_have_any_two_lengths(feed: int, media: int, times: int) -> None:
    sentinels, own = (b"<" * feed, b">" * media), (b"f" * feed, b"7" * media)
    document = (b"one %b two %b%b%b three" % (*sentinels, *sentinels)) * times
    copy = prepare(document, sentinels)
    expected = document.replace(sentinels[0], own[0]).replace(sentinels[1], own[1])
    assert copy.plain(*own) == gzip.decompress(copy.gzip(*own)) == expected


@pytest.mark.thorough
@given(documents, tokens, tokens)
def test_sizes_are_known_before_a_copy_is_made(document: bytes, feed: bytes, media: bytes) -> None:
    copy = prepared(document)
    assert copy.plain_size == len(copy.plain(feed, media))
    assert copy.gzip_size == len(copy.gzip(feed, media))


@pytest.mark.parametrize("episodes", [50, 300])
def test_a_feed_is_as_small_as_if_compressed_for_one_member(episodes: int) -> None:
    document = sample_feed(episodes)
    ordinary = len(gzip.compress(replaced(document, TOKENS), 9))
    assert len(prepared(document).gzip(*TOKENS)) <= ordinary * 1.01


def test_a_single_episode_costs_a_few_bytes_more() -> None:
    document = sample_feed(1)
    ordinary = len(gzip.compress(replaced(document, TOKENS), 9))
    assert len(prepared(document).gzip(*TOKENS)) <= ordinary + 100


def test_a_feed_of_300_episodes_needs_two_holes() -> None:
    copies = prepared(sample_feed(300)).copies
    assert isinstance(copies, SplicedCopies)
    assert copies.stencil.kinds == b"\x00\x01"


def test_a_copy_holds_nothing_of_the_sentinels_or_placeholders() -> None:
    plain = prepared(sample_feed(20)).plain(*TOKENS)
    assert F not in plain
    assert M not in plain
    assert plain.decode().replace("\n", "").isprintable()


def test_gzip_copies_are_the_same_bytes_each_time_and_carry_no_time() -> None:
    document = sample_feed(5)
    first, second = (prepared(document).gzip(*TOKENS) for _ in range(2))
    assert first == second
    assert first[4:8] == bytes(4)


def test_the_fingerprint_is_20_hex_digits_that_change_with_the_document_alone() -> None:
    one, same, other = prepared(b"a" + F), prepared(b"a" + F, level=1), prepared(b"b" + F)
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(bytes.fromhex(one.fingerprint)) == 10


def test_the_fingerprint_tells_a_feed_token_from_a_media_token() -> None:
    assert prepared(F).fingerprint != prepared(M).fingerprint


def test_the_weight_covers_both_encodings() -> None:
    copy = prepared(sample_feed(50))
    assert copy.weight > copy.plain_size - 51 * 42 + len(copy.gzip(*TOKENS))


def test_a_prepared_document_does_not_fill_the_log_when_it_is_named() -> None:
    assert len(repr(prepared(sample_feed(50)))) < 200


@pytest.mark.parametrize(
    "token",
    [b"", b"a" * 41, b"a" * 43, b"A" * 42, b"&" + b"a" * 41, "é".encode() * 21, b"\x01" * 42,
     b" " * 42, b"-" * 42],
)  # fmt: skip
def test_a_token_that_could_break_the_document_is_refused(token: bytes) -> None:
    copy = prepared(F + M)
    for make in (copy.plain, copy.gzip):
        with pytest.raises(ValueError, match="tokens"):
            make(token, TOKENS[1])
        with pytest.raises(ValueError, match="tokens"):
            make(TOKENS[0], token)


@given(documents, st.sampled_from([b"\x00", b"\x01", b"\x0b", b"\x1f", b"\xc0\x80", b"\xff"]))
def test_bytes_that_xml_forbids_are_refused(document: bytes, forbidden: bytes) -> None:
    with pytest.raises(ValueError, match="not XML"):
        prepared(document + forbidden)


@pytest.mark.parametrize(
    ("feed", "media"),
    [(b"", b"m"), (b"f", b""), (b"same", b"same"), (b"aba", b"b"), (b"f" * 257, b"m")],
)
def test_sentinels_that_cannot_be_told_apart_are_refused(feed: bytes, media: bytes) -> None:
    with pytest.raises(ValueError, match=r"sentinels|a token has"):
        prepare(b"<rss/>", (feed, media))


def test_a_changed_byte_of_a_token_is_noticed_by_the_checksum() -> None:
    copy = prepared(sample_feed(3)).gzip(*TOKENS)
    damaged = copy.replace(TOKENS[1], b"x" + TOKENS[1][1:], 1)
    with pytest.raises(zlib.error, match="incorrect data check"):
        zlib.decompress(damaged, zlib.MAX_WBITS + 16)


@given(st.integers(1, 90), st.integers(0, 60), st.integers(1, 3))
def test_there_may_be_three_kinds_of_token(length: int, between: int, times: int) -> None:
    sentinels = (b"<" * length, b">" * length, b"=" * length)
    own = (b"f" * length, b"7" * length, b"r" * length)
    document = (b"x".join((*sentinels, *sentinels)) + b"text" * between) * times
    expected = document
    for sentinel, token in zip(sentinels, own, strict=True):
        expected = expected.replace(sentinel, token)
    copy = prepare(document, sentinels)
    assert copy.plain(*own) == gzip.decompress(copy.gzip(*own)) == expected
    again = load(dump(copy))
    assert again.gzip(*own) == copy.gzip(*own)


def test_the_number_of_tokens_is_the_number_of_sentinels() -> None:
    copy = prepare(b"<a/>", (b"111", b"222", b"333"))
    for few_or_many in ((b"aaa", b"bbb"), (b"aaa",) * 4):
        with pytest.raises(ValueError, match="tokens must have"):
            copy.gzip(*few_or_many)
