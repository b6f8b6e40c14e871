"""The picture of a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from episodes.audio.errors import AudioRefused
from episodes.audio.peaks import COUNT, measure_peaks, peaks_of
from episodes.storage.keys import peaks_key
from episodes.storage.memory import MemoryStorage
from episodes.storage.small import put_bytes
from tests.episodes.audio.conftest import Sample, forms


@pytest.mark.parametrize("form", forms("mp3", "m4a", "wav"))
def test_every_format_has_a_picture(sample: Sample, form: str) -> None:
    peaks = measure_peaks(sample(form, 12.0), count=100)
    assert len(peaks) == 100
    assert sum(peak > 0 for peak in peaks) > 80


def test_what_is_no_audio_has_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"not audio" * 500)
    with pytest.raises(AudioRefused):
        measure_peaks(bad)


def test_it_is_measured_once(sample: Sample) -> None:
    storage = MemoryStorage()
    put_bytes(storage, "a.mp3", sample("mp3", 12.0).read_bytes(), content_type="audio/mpeg")
    peaks = peaks_of(storage, "a.mp3")
    assert len(peaks) == COUNT
    put_bytes(storage, peaks_key("a.mp3"), b"kept", content_type="application/octet-stream")
    assert peaks_of(storage, "a.mp3") == b"kept"
