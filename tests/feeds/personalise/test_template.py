"""Placeholders can stand in no XML text and cannot be mistaken for one another."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.personalise.template import FORBIDDEN, LONGEST, make_placeholders, unmistakable
from tests.feeds.personalise.samples import F, M, documents, template_of

lengths = st.integers(1, LONGEST)


@given(lengths, lengths)
def test_there_are_placeholders_of_any_two_lengths(feed: int, media: int) -> None:
    placeholders = make_placeholders(feed, media)
    assert tuple(map(len, placeholders)) == (feed, media)
    assert unmistakable(*placeholders)


@pytest.mark.slow
def test_there_are_placeholders_of_all_lengths_that_are_allowed() -> None:
    find = make_placeholders.__wrapped__  # so many pairs are not worth remembering
    for feed, media in product(range(1, LONGEST + 1), range(1, LONGEST + 1, 6)):
        find(feed, media)


@given(lengths, lengths, st.lists(st.integers(0, 2), max_size=8))
def test_three_bytes_of_a_template_tell_their_place_in_a_placeholder(
    feed: int, media: int, layout: list[int]
) -> None:
    """What the compressed stream relies on, checked directly on every three bytes."""
    words = (*make_placeholders(feed, media), b"text and")
    names = [
        [(kind, at) if kind < 2 else None for at in range(len(words[kind]))] for kind in (0, 1, 2)
    ]
    body = b"".join(words[kind] for kind in layout)
    places = [name for kind in layout for name in names[kind]]
    seen: dict[bytes, list[tuple[int, int] | None]] = {}
    for at in range(len(body) - 2):
        assert seen.setdefault(body[at : at + 3], places[at : at + 3]) == places[at : at + 3]


def test_no_character_of_xml_has_a_forbidden_byte_in_its_utf_8() -> None:
    xml = [0x9, 0xA, 0xD, *range(0x20, 0xD800), *range(0xE000, 0xFFFE), *range(0x10000, 0x110000)]
    assert not set("".join(map(chr, xml)).encode()) & set(FORBIDDEN)


@pytest.mark.parametrize(
    ("feed", "media"),
    [
        pytest.param(b"\x01\x02", b"\x01\x03", id="same first byte"),
        pytest.param(b"\x01\x02", b"\x03\x02", id="same last byte"),
        pytest.param(b"\x01\x02\x03\x04", b"\x05\x02\x03\x06", id="same pair inside"),
        pytest.param(b"\x01\x02\x01\x02\x03", b"\x05\x06", id="a pair twice"),
        pytest.param(b"\x01\x02", b"\x05\x02\x01\x06", id="a pair where two feed tokens meet"),
    ],
)
def test_placeholders_that_share_a_pair_are_not_unmistakable(feed: bytes, media: bytes) -> None:
    assert not unmistakable(feed, media)


@given(documents)
def test_every_sentinel_becomes_a_placeholder_in_its_place(document: bytes) -> None:
    template = template_of(document)
    found = [each.span() for each in re.finditer(F + b"|" + M, document)]
    assert [(each.start, each.end) for each in template.occurrences] == found
    feed, media = template.placeholders
    assert template.body.replace(feed, F).replace(media, M) == document


@pytest.mark.parametrize("length", range(1, 257, 15))
def test_there_are_three_placeholders_of_any_one_length(length: int) -> None:
    assert unmistakable(*make_placeholders(length, length, length))
