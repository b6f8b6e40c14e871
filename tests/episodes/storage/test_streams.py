"""Cutting, counting and checking bytes, whatever the numbers."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.storage.base import (
    CHUNK,
    BadRange,
    ObjectReader,
    StorageUnavailable,
    StreamEnded,
)
from episodes.storage.memory import MemoryStorage
from episodes.storage.streams import MeasuredStream, clip_range

KEY = "a/b.mp3"


@given(
    st.binary(max_size=300),
    st.integers(-3, 400),
    st.none() | st.integers(-3, 400),
    st.integers(1, 9),
)
def test_any_range_is_python_s_slice_or_refused(
    data: bytes, start: int, end: int | None, step: int
) -> None:
    storage = MemoryStorage()
    storage.put(KEY, io.BytesIO(data), content_type="audio/mpeg")
    if start < 0 or (end is not None and end < start):
        with pytest.raises(BadRange):
            storage.open(KEY, start, end)
        return
    with storage.open(KEY, start, end) as reader:
        got = b"".join(iter(lambda: reader.read(step), b""))
    assert got == data[start:end]


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_clipped_range_lies_inside_the_object(size: int, start: int, length: int) -> None:
    first, stop = clip_range(start, start + length, size)
    assert 0 <= first <= stop <= size
    assert stop - first == max(0, min(start + length, size) - min(start, size))


@given(st.binary(max_size=5000), st.integers(0, 6000), st.integers(1, 999))
def test_a_measured_stream_gives_what_was_announced_or_says_it_ended(
    data: bytes, announced: int, step: int
) -> None:
    source = io.BytesIO(data)
    measured = MeasuredStream(source, announced)
    if announced > len(data):
        with pytest.raises(StreamEnded) as caught:
            b"".join(iter(lambda: measured.read(step), b""))
        assert (caught.value.got, caught.value.expected) == (len(data), announced)
        return
    got = b"".join(iter(lambda: measured.read(step), b""))
    assert got == data[:announced]
    assert measured.sha256 == hashlib.sha256(got).hexdigest()
    assert source.tell() == announced


def test_a_reader_says_when_the_storage_ends_early() -> None:
    reader = ObjectReader(io.BytesIO(b"half"), 8)
    assert next(reader) == b"half"
    with pytest.raises(StorageUnavailable, match="4 bytes too early"):
        next(reader)


def test_a_reader_names_a_failing_disk() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("Input/output error")

    with pytest.raises(StorageUnavailable, match="Input/output error"):
        ObjectReader(Failing(), 8).read()


def test_a_reader_lets_go_of_its_file_at_the_end() -> None:
    source = io.BytesIO(bytes(CHUNK + 1))
    assert [len(chunk) for chunk in ObjectReader(source, CHUNK + 1)] == [CHUNK, 1]
    assert source.closed
