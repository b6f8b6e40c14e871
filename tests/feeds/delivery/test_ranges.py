"""Range headers, by RFC 9110 §14."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.delivery.ranges import ByteRange, UnsatisfiableRangeError, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=0-", ByteRange(0, 1000)),
        ("bytes=0-1", ByteRange(0, 2)),
        ("Bytes=500-", ByteRange(500, 1000)),
        ("bytes=0-999999", ByteRange(0, 1000)),
        ("bytes=999-", ByteRange(999, 1000)),
        ("bytes=-10", ByteRange(990, 1000)),
        ("bytes=-5000", ByteRange(0, 1000)),
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("items=0-5", None),
        ("bytes=0-1,5-9", None),
        ("bytes=٣-", None),
    ],
)
def test_a_range_is_read_or_ignored(header: str, expected: ByteRange | None) -> None:
    assert parse_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_outside_the_file_is_unsatisfiable(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, 1000)


@given(st.text(max_size=40), st.integers(0, 10**12))
def test_no_header_crashes_and_every_range_lies_inside_the_file(header: str, size: int) -> None:
    try:
        found = parse_range(header, size)
    except UnsatisfiableRangeError:
        return
    assert found is None or 0 <= found.start < found.end <= size


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(1, 10**10))
def test_a_range_within_the_file_is_taken_literally(first: int, last: int, size: int) -> None:
    if first <= last < size:
        assert parse_range(f"bytes={first}-{last}", size) == ByteRange(first, last + 1)
