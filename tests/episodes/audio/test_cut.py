"""Cutting previews."""

from __future__ import annotations

from array import array
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler

from episodes.audio.cut import cut
from episodes.audio.errors import AudioRefused
from episodes.audio.probe import probe
from tests.episodes.audio.conftest import SHORT, Sample, forms
from tests.samples.audio import record, variable_mp3

SECONDS = 12.0


@pytest.mark.thorough
@pytest.mark.parametrize("form", forms("mp3", "m4a", "wav"))
def test_the_first_seconds_of_every_format(sample: Sample, tmp_path: Path, form: str) -> None:
    facts = cut(sample(form, SECONDS), tmp_path / "out", end=10)
    assert facts == probe(tmp_path / "out")
    assert facts.duration_seconds == pytest.approx(10, abs=0.1)
    assert facts.plays_everywhere


@pytest.mark.parametrize("form", forms("mp3", "m4a"))
def test_a_part_from_the_middle(sample: Sample, tmp_path: Path, form: str) -> None:
    facts = cut(sample(form, SECONDS), tmp_path / "out", start=1.5, end=11)
    assert facts.duration_seconds == pytest.approx(9.5, abs=0.1)


@pytest.mark.parametrize("form", forms("mp3", of=["mp3", "m4a", "aac"]))
def test_what_plays_everywhere_is_not_encoded_again(
    sample: Sample, tmp_path: Path, form: str
) -> None:
    facts = cut(sample(form, SECONDS), tmp_path / "out", end=10)
    assert facts.extension == form
    packets = _packets(tmp_path / "out")
    assert packets <= _packets(sample(form, SECONDS))


def _packets(path: Path) -> set[bytes]:
    with av.open(str(path)) as container:
        return {bytes(p) for p in container.demux(container.streams.audio[0]) if p.size}


@pytest.mark.thorough
def test_a_variable_rate_without_xing_is_cut_at_the_right_place(tmp_path: Path) -> None:
    source = variable_mp3(tmp_path / "v.mp3", seconds=20, xing=False)
    assert cut(source, tmp_path / "out", end=12).duration_seconds == pytest.approx(12, abs=0.1)


@pytest.mark.thorough
@pytest.mark.parametrize("form", forms("wav", of=["wav", "opus"]))
def test_a_part_that_is_encoded_anew_fades_out_where_it_is_cut(
    sample: Sample, tmp_path: Path, form: str
) -> None:
    cut(sample(form, SECONDS), tmp_path / "out", end=8, fade=2)
    assert _loudness(tmp_path / "out", 4.1, 4.4) > 3 * _loudness(tmp_path / "out", 7.7, 7.95)


@pytest.mark.thorough
def test_a_part_that_begins_in_the_middle_fades_in(sample: Sample, tmp_path: Path) -> None:
    cut(sample("wav", SECONDS), tmp_path / "out", start=3, end=11, fade=2)
    assert _loudness(tmp_path / "out", 3.1, 3.4) > 3 * _loudness(tmp_path / "out", 0.05, 0.3)


@pytest.mark.thorough
def test_the_true_beginning_does_not_fade(sample: Sample, tmp_path: Path) -> None:
    cut(sample("wav", SECONDS), tmp_path / "out", end=8, fade=2)
    whole = _loudness(sample("wav", SECONDS), 0.1, 0.4)
    assert _loudness(tmp_path / "out", 0.1, 0.4) == pytest.approx(whole, rel=0.2)


def _loudness(path: Path, start: float, end: float) -> float:
    """The mean distance from silence between two times."""
    samples = array("h")
    resampler = AudioResampler("s16", "mono", 44_100)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for plain in resampler.resample(frame):
                samples.frombytes(bytes(plain.planes[0])[: plain.samples * 2])
    part = samples[int(start * 44_100) : int(end * 44_100)]
    return sum(abs(value) for value in part) / len(part)


def test_an_end_beyond_the_recording_is_its_end(sample: Sample, tmp_path: Path) -> None:
    facts = cut(sample("mp3", SHORT), tmp_path / "out", end=100)
    assert facts.duration_seconds == pytest.approx(SHORT, abs=0.1)


@pytest.mark.parametrize(("start", "end"), [(5, 9), (-1, 2), (2, 1), (1, 1), (float("nan"), 2)])
def test_a_part_with_nothing_in_it_is_refused(
    sample: Sample, tmp_path: Path, start: float, end: float
) -> None:
    with pytest.raises(AudioRefused) as refused:
        cut(sample("mp3", SHORT), tmp_path / "out", start=start, end=end)
    assert refused.value.reason == "bad_range"
    assert not (tmp_path / "out").exists()


@pytest.mark.thorough
@pytest.mark.parametrize("form", ["mp3", "m4a", "opus"])
def test_chapters_move_with_the_part(tmp_path: Path, form: str) -> None:
    chapters = [(0.0, 4.0, "One"), (4.0, 8.0, "Two"), (8.0, 12.0, "Three")]
    source = record(tmp_path / f"a.{form}", form, seconds=12, chapters=chapters)
    found = cut(source, tmp_path / "out", start=3, end=10).chapters
    assert [(round(c.start, 2), c.title) for c in found] == [
        (0.0, "One"),
        (1.0, "Two"),
        (5.0, "Three"),
    ]
