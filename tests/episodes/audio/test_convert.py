"""Converting to the two formats that every app plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC, Picture
from mutagen.oggopus import OggOpus

from episodes.audio.convert import convert
from episodes.audio.errors import AudioRefused
from episodes.audio.limited import Limits
from episodes.audio.probe import probe
from tests.episodes.audio.conftest import OVER_A_MINUTE, SHORT, Sample, forms
from tests.samples import hostile
from tests.samples.audio import record

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


@pytest.mark.thorough
@pytest.mark.parametrize("to", ["mp3", "m4a"])
@pytest.mark.parametrize("form", forms("flac", "opus"))
def test_every_format_becomes_one_that_plays_everywhere(
    sample: Sample, tmp_path: Path, form: str, to: Any
) -> None:
    target = tmp_path / "out"
    facts = convert(sample(form, SHORT), target, to=to)
    assert facts == probe(target)
    assert facts.plays_everywhere
    assert facts.extension == to
    assert facts.duration_seconds == pytest.approx(SHORT, abs=0.1)


def test_the_original_is_not_touched(sample: Sample, tmp_path: Path) -> None:
    before = sample("flac", SHORT).read_bytes()
    convert(sample("flac", SHORT), tmp_path / "out", to="mp3")
    assert sample("flac", SHORT).read_bytes() == before


@pytest.mark.parametrize(("channels", "bitrate"), [(1, 96_000), (2, 128_000)])
def test_mono_and_stereo_stay_so_at_a_fitting_bitrate(
    tmp_path: Path, channels: int, bitrate: int
) -> None:
    source = record(tmp_path / "a.wav", "wav", channels=channels)
    facts = convert(source, tmp_path / "out", to="mp3")
    assert facts.channels == channels
    assert facts.bitrate == pytest.approx(bitrate, rel=0.03)


def test_the_bitrate_can_be_chosen(sample: Sample, tmp_path: Path) -> None:
    facts = convert(sample("wav", SHORT), tmp_path / "out", to="mp3", bitrate=192_000)
    assert facts.bitrate == pytest.approx(192_000, rel=0.03)


@pytest.mark.parametrize(("rate", "becomes"), [(96_000, 48_000), (22_050, 44_100)])
def test_unusual_sample_rates_become_usual_ones(tmp_path: Path, rate: int, becomes: int) -> None:
    source = record(tmp_path / "a.wav", "wav", rate=rate)
    assert convert(source, tmp_path / "out", to="mp3").sample_rate == becomes


@pytest.mark.thorough
def test_sound_that_is_aac_already_is_taken_over_as_it_is(sample: Sample, tmp_path: Path) -> None:
    source = probe(sample("aac", SHORT))
    facts = convert(sample("aac", SHORT), tmp_path / "out", to="m4a")
    assert facts.size == pytest.approx(source.size, rel=0.1)


@pytest.mark.thorough
@pytest.mark.parametrize("to", ["mp3", "m4a"])
def test_tags_cover_and_chapters_go_along(sample: Sample, tmp_path: Path, to: Any) -> None:
    source = tmp_path / "a.flac"
    source.write_bytes(sample("flac", SHORT).read_bytes())
    flac: Any = FLAC(source)
    flac.update({"title": "Titel – ☃", "artist": "Mara", "album": "Notes", "date": "2026"})
    flac.update({"tracknumber": "3", "season": "2", "comment": "Short", "description": "Long"})
    flac.update({"chapter000": "00:00:00", "chapter000name": "One"})
    flac.update({"chapter001": "00:00:01.5", "chapter001name": "Zwei – ☃"})
    picture = Picture()
    picture.data, picture.type, picture.mime = JPEG, 3, "image/jpeg"
    flac.add_picture(picture)
    flac.save()
    facts = convert(source, tmp_path / "out", to=to)
    assert facts.tags == probe(source).tags
    found = [(c.start, c.end, c.title) for c in facts.chapters]
    assert found == [(0, 1.5, "One"), (1.5, 3.0, "Zwei – ☃")]


@pytest.mark.slow
def test_progress_rises_to_the_end(sample: Sample, tmp_path: Path) -> None:
    heard: list[float] = []
    convert(sample("opus", OVER_A_MINUTE), tmp_path / "out", to="mp3", progress=heard.append)
    assert heard == sorted(heard)
    assert len(heard) > 20
    assert heard[-1] > 0.98


def test_a_listener_of_progress_that_gives_up_ends_the_child(
    sample: Sample, tmp_path: Path
) -> None:
    def give_up(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(sample("wav", SHORT), tmp_path / "out", to="mp3", progress=give_up)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["mp3", "m4a"])
def test_a_file_that_is_no_audio_is_refused_and_leaves_nothing(tmp_path: Path, to: Any) -> None:
    with pytest.raises(AudioRefused) as refused:
        convert(hostile.pdf(tmp_path / "a.wav"), tmp_path / "out", to=to)
    assert refused.value.reason == "not_audio"
    assert not (tmp_path / "out").exists()


def test_a_result_that_grows_too_large_is_refused_and_leaves_nothing(
    sample: Sample, tmp_path: Path
) -> None:
    with pytest.raises(AudioRefused) as refused:
        convert(sample("wav", SHORT), tmp_path / "out", to="mp3", limits=Limits(written=10_000))
    assert refused.value.reason == "too_complex"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there_is_told(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(AudioRefused) as refused:
        convert(sample("wav", SHORT), tmp_path / "gone" / "out", to="mp3")
    assert refused.value.reason == "unreadable"


def test_without_an_encoder_the_reason_is_clear(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder in front of the others whose PyAV knows no encoders, as in a lean build.
    project = tmp_path / "project"
    project.mkdir()
    (project / "av.py").write_text("raise ImportError('no av here')\n")
    (project / "episodes").symlink_to(Path("episodes").absolute())
    monkeypatch.setattr("episodes.audio.limited.PROJECT", project)
    with pytest.raises(AudioRefused) as refused:
        convert(sample("mp3", SHORT), tmp_path / "out", to="m4a")
    assert refused.value.reason == "no_encoder"
    assert "av" in str(refused.value)


@pytest.mark.slow
def test_a_few_bad_packets_do_not_stop_a_conversion(sample: Sample, tmp_path: Path) -> None:
    source = tmp_path / "a.opus"
    opus: Any = OggOpus
    data = bytearray(sample("opus", OVER_A_MINUTE).read_bytes())
    data[200_000:200_400] = bytes(400)
    source.write_bytes(data)
    assert opus(source).info.length > 60
    facts = convert(source, tmp_path / "out", to="mp3")
    assert facts.duration_seconds == pytest.approx(OVER_A_MINUTE, abs=2)
