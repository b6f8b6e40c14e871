"""Range headers as listeners send them, and the union of spans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.downloads.ranges import read_range, united_length


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (None, None)),
        ("", (None, None)),
        ("bytes=0-", (0, None)),
        ("bytes=0-1", (0, 1)),
        ("Bytes=100-199", (100, 199)),
        ("bytes=-300", (700, None)),
        ("bytes=-5000", (0, None)),
        ("bytes= 5 - 9 ", (None, None)),
        ("bytes=-", (None, None)),
        ("bytes=0-1, 10-500", (10, 500)),
        ("bytes=0-99,200-", (200, None)),
        ("bytes=abc", (None, None)),
        ("bytes=9-5", (None, None)),
        ("items=0-5", (None, None)),
        ("bytes=0-99999999999999999999999", (None, None)),
    ],
)
def test_a_range_header_says_first_and_last_byte(
    header: str | None, expected: tuple[int | None, int | None]
) -> None:
    assert read_range(header, 1000) == expected


@given(st.text(max_size=80), st.integers(0, 10**12))
def test_no_header_is_too_strange_to_read(text: str, size: int) -> None:
    read_range(text, size)
    read_range("bytes=" + text, size)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_the_union_is_as_long_as_the_set_of_its_bytes(spans: list[tuple[int, int]]) -> None:
    assert united_length(spans) == len({byte for start, end in spans for byte in range(start, end)})
