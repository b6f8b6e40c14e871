"""The compressed stream spells tokens out in holes and nowhere else."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sample_feed import sample_feed
from feeds.personalise import deflate
from feeds.personalise.deflate import (
    GZIP_HEADER,
    REACH,
    inflate,
    with_a_hole_for_every_token,
    with_few_holes,
)
from tests.feeds.personalise.samples import TOKENS, F, M, documents, replaced, template_of

NUMBERS = b"".join(b"%07d " % number for number in range(30_000))

# A stored block is told from its content by its length and the length's complement.
HOLE = re.compile(rb"\x2a\x00\xd5\xff$")


@given(documents)
def test_a_hole_for_every_token_is_right_by_construction(document: bytes) -> None:
    template = template_of(document)
    stencil = with_a_hole_for_every_token(template, 9)
    assert len(stencil.kinds) == len(template.occurrences)
    assert inflate(stencil, TOKENS) == replaced(document, TOKENS)


@given(documents)
def test_no_placeholder_shows_in_what_few_holes_decode_to(document: bytes) -> None:
    template = template_of(document)
    assert inflate(with_few_holes(template, 9), TOKENS) == replaced(document, TOKENS)


@given(documents, st.booleans())
def test_every_gap_is_the_content_of_a_stored_block(document: bytes, few: bool) -> None:
    template = template_of(document)
    stencil = (with_few_holes if few else with_a_hole_for_every_token)(template, 9)
    assert all(HOLE.search(text) for text in stencil.texts[:-1])
    assert stencil.texts[0].startswith(GZIP_HEADER)


def kinds_with_few_holes(document: bytes) -> bytes:
    return with_few_holes(template_of(document), 9).kinds


def test_the_first_token_of_each_kind_is_a_hole_and_the_rest_are_copies() -> None:
    line = b"<a>" + F + b"</a><b>" + M + b"</b>"
    assert kinds_with_few_holes(line * 100) == b"\x00\x01"


@pytest.mark.parametrize(("distance", "holes"), [(REACH, 1), (REACH + 1, 2), (200_000, 2)])
def test_a_token_too_far_from_the_one_before_is_a_hole(distance: int, holes: int) -> None:
    document = b"<a>" + M + NUMBERS[: distance - len(M)] + M
    assert len(kinds_with_few_holes(document)) == holes


def test_a_media_token_between_does_not_bring_a_feed_token_into_reach() -> None:
    half = NUMBERS[:20_000]
    assert kinds_with_few_holes(F + half + M + half + F) == b"\x00\x01\x00"


def test_tokens_side_by_side_leave_nothing_to_compress_between_them() -> None:
    stencil = with_few_holes(template_of(F + M + F), 9)
    assert stencil.kinds[:2] == b"\x00\x01"
    assert inflate(stencil, TOKENS) == TOKENS[0] + TOKENS[1] + TOKENS[0]


def test_a_spelt_out_byte_of_a_token_is_found_and_becomes_a_hole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = (b"<a>" + M + b"</a>") * 50
    first = template_of(document).occurrences[0]
    monkeypatch.setattr(deflate, "_out_of_reach", lambda _: [])  # nobody makes the first a hole
    stencil = with_few_holes(template_of(document), 9)
    assert inflate(stencil, TOKENS) == replaced(document, TOKENS)
    assert len(stencil.texts[0]) < first.start + 40  # repaired where the fault was


def test_one_spelt_out_byte_is_mended_with_one_hole_though_all_later_tokens_copied_it() -> None:
    """zlib cannot copy from the very first byte of its window, so the second token leaks."""
    assert kinds_with_few_holes(M * 3000) == b"\x01\x01"


@pytest.mark.parametrize("length", [216, 217, 218, 475])
@pytest.mark.parametrize("apart", [30, 200])
def test_copies_that_end_inside_a_token_are_repaired(length: int, apart: int) -> None:
    """258 bytes is the longest copy; text of such a length before a token leaves 1 or 2 over."""
    random = Random(3)
    text = bytes(random.choices(b"abcdefghijklmnop ", k=length))
    document = b"".join(
        b"%a" % random.random() * apart + text + M + b"%a" % random.random() for _ in range(30)
    )
    stencil = with_few_holes(template_of(document), 9)
    assert inflate(stencil, TOKENS) == replaced(document, TOKENS)


def test_no_compression_at_all_means_a_hole_for_every_token() -> None:
    document = (b"<a>" + M + b"</a>") * 10
    template = template_of(document)
    stencil = with_few_holes(template, 0)
    assert len(stencil.kinds) == 10
    assert inflate(stencil, TOKENS) == replaced(document, TOKENS)


def test_every_member_costs_the_same_bytes_outside_the_holes() -> None:
    stencil = with_few_holes(template_of(sample_feed(20)), 9)
    one, other = stencil.fill((F, M)), stencil.fill(TOKENS)
    assert sum(a != b for a, b in zip(one, other, strict=True)) <= len(F + M)
