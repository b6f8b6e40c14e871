"""What the header of one frame says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.audio.child.frames import (
    HEADER,
    LONGEST,
    FrameAt,
    adts_frame_at,
    announced_by,
    mpeg_frame_at,
)


@pytest.mark.parametrize(
    ("header", "length", "sample_rate", "channels", "codec"),
    [
        ("fffb9000", 417, 44_100, 2, "mp3"),  # MPEG-1 layer III, 128 kbit/s
        ("fffb92c0", 418, 44_100, 1, "mp3"),  # the same with padding, mono
        ("fff380c0", 208, 22_050, 1, "mp3"),  # MPEG-2 layer III, 64 kbit/s
        ("ffe340c0", 208, 11_025, 1, "mp3"),  # MPEG-2.5 layer III, 32 kbit/s
        ("fffd9000", 522, 44_100, 2, "mp2"),  # MPEG-1 layer II, 160 kbit/s
        ("ffff9000", 312, 44_100, 2, "mp1"),  # MPEG-1 layer I, 288 kbit/s
    ],
)
def test_an_mpeg_header_tells_length_rate_and_channels(
    header: str, length: int, sample_rate: int, channels: int, codec: str
) -> None:
    frame = mpeg_frame_at(bytes.fromhex(header) + bytes(3), 0)
    assert frame is not None
    assert (frame.length, frame.sample_rate, frame.channels, frame.codec) == (
        length,
        sample_rate,
        channels,
        codec,
    )


@pytest.mark.parametrize(
    "header",
    ["fffbf000", "fffb9c00", "ffeb9000", "fff99000", "00000000", "fffb0000"],
    ids=["bad rate", "bad sampling", "reserved version", "no layer", "no sync", "free rate"],
)
def test_what_is_no_mpeg_header_is_no_frame(header: str) -> None:
    assert mpeg_frame_at(bytes.fromhex(header) + bytes(3), 0) is None


def test_an_adts_header_tells_length_rate_and_channels() -> None:
    frame = adts_frame_at(bytes.fromhex("fff15080101ffc"), 0)
    assert frame is not None
    assert (frame.length, frame.sample_rate, frame.channels) == (128, 44_100, 2)


@given(st.binary(min_size=HEADER, max_size=HEADER), st.sampled_from([mpeg_frame_at, adts_frame_at]))
def test_any_frame_is_long_enough_to_step_over_and_no_longer_than_expected(
    data: bytes, frame_at: FrameAt
) -> None:
    frame = frame_at(b"\xff\xfb" + data, 0)
    if frame is not None:
        assert 4 < frame.length <= LONGEST
        assert frame.seconds > 0


@given(st.binary(max_size=200))
def test_any_bytes_may_follow_a_mark(data: bytes) -> None:
    for mark in (b"Xing", b"Info", b"VBRI"):
        announced = announced_by(bytes(36) + mark + data)
        assert announced is None or announced.frames >= 0
