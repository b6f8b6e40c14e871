"""Walking a stream frame by frame: exact lengths, and junk on the way."""

from __future__ import annotations

import io
from pathlib import Path

import mutagen.mp3
import pytest

from episodes.audio.child.frames import adts_frame_at, mpeg_frame_at
from episodes.audio.child.walk import Walked, walk
from tests.episodes.audio.conftest import SHORT, Sample
from tests.samples.audio import record, variable_mp3

FRAME = bytes.fromhex("fffb9000") + bytes(413)  # 128 kbit/s stereo, 1152 samples of 44.1 kHz


def walked(data: bytes, start: int = 0) -> Walked:
    found = walk(io.BytesIO(data), start, mpeg_frame_at)
    assert found is not None
    return found


def test_every_frame_counts() -> None:
    found = walked(FRAME * 1000)
    assert found.frames == 1000
    assert found.duration == pytest.approx(1000 * 1152 / 44_100)
    assert found.junk == 0


def test_the_minute_ends_with_the_frame_that_completes_it() -> None:
    frames_in_a_minute = -(-60 * 44_100 // 1152)
    assert walked(FRAME * 3000).minute_end == frames_in_a_minute * len(FRAME)


def test_a_recording_of_less_than_a_minute_has_no_end_of_the_minute() -> None:
    assert walked(FRAME * 100).minute_end is None


def test_junk_between_frames_is_stepped_over() -> None:
    junk = b"stray \xff words " * 500
    found = walked(FRAME * 50 + junk + FRAME * 50)
    assert found.frames == 100
    assert found.junk == len(junk)


def test_the_stream_is_found_behind_padding() -> None:
    found = walked(bytes(5000) + FRAME * 50)
    assert (found.frames, found.audio_start) == (50, 5000)


def test_a_last_frame_that_is_cut_does_not_count() -> None:
    assert walked(FRAME * 50 + FRAME[:200]).frames == 50


def test_a_tag_at_the_end_is_no_sound() -> None:
    assert walked(FRAME * 50 + b"TAG" + bytes(125)).frames == 50


@pytest.mark.parametrize("data", [b"", FRAME[:3], bytes(10_000), b"\xff" * 10_000])
def test_without_frames_there_is_nothing(data: bytes) -> None:
    assert walk(io.BytesIO(data), 0, mpeg_frame_at) is None


def test_pieces_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(100) + FRAME * 30 + bytes(777) + FRAME * 30
    at_once = walked(data)
    monkeypatch.setattr("episodes.audio.child.walk.PIECE", 101)
    assert walked(data) == at_once


def test_memory_stays_at_one_piece() -> None:
    class Endless(io.RawIOBase):
        largest = 0

        def __init__(self) -> None:
            self.left = 200

        def seek(self, *_: int) -> int:
            return 0

        def read(self, size: int = -1) -> bytes:
            Endless.largest = max(Endless.largest, size)
            self.left -= 1
            return FRAME * (size // len(FRAME)) if self.left > 0 else b""

    found = walk(Endless(), 0, mpeg_frame_at)  # type: ignore[arg-type]
    assert found is not None
    assert found.frames > 100_000
    assert Endless.largest <= 1 << 20


@pytest.mark.parametrize("xing", [True, False])
def test_a_variable_rate_is_measured_within_a_tenth_of_a_second(tmp_path: Path, xing: bool) -> None:
    path = variable_mp3(tmp_path / "v.mp3", seconds=20, xing=xing)
    with path.open("rb") as file:
        found = walk(file, 0, mpeg_frame_at)
    assert found is not None
    assert found.duration == pytest.approx(20, abs=0.1)


def test_the_sample_without_xing_really_misleads_a_guess(tmp_path: Path) -> None:
    path = variable_mp3(tmp_path / "v.mp3", seconds=20, xing=False)
    assert abs(mutagen.mp3.MP3(path).info.length - 20) > 1


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_the_silence_that_encoders_add_does_not_count(tmp_path: Path, rate: int) -> None:
    path = record(tmp_path / "a.mp3", rate=rate, seconds=2)
    with path.open("rb") as file:
        found = walk(file, 0, mpeg_frame_at)
    assert found is not None
    assert found.duration == pytest.approx(2, abs=0.001)


def test_an_mp3_that_announces_more_than_it_has_is_cut_off(sample: Sample) -> None:
    data = sample("mp3", SHORT).read_bytes()
    assert walked(data[: len(data) // 2]).cut_off
    assert not walked(data).cut_off


def test_aac_is_walked_as_well(sample: Sample) -> None:
    with sample("aac", SHORT).open("rb") as file:
        found = walk(file, 0, adts_frame_at)
    assert found is not None
    assert found.duration == pytest.approx(SHORT, abs=0.1)
