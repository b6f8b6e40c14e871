"""What is found out about good files of every format."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import av
import pytest

from episodes.audio.child.containers import READERS
from episodes.audio.child.examine import examine
from tests.episodes.audio.conftest import EVERY_FORM, OVER_A_MINUTE, SHORT, Sample, forms
from tests.samples.audio import film, record, variable_mp3
from tests.samples.hostile import id3_frame, id3_tag


@pytest.mark.parametrize("form", EVERY_FORM)
def test_the_duration_is_exact_within_a_tenth_of_a_second(sample: Sample, form: str) -> None:
    facts = examine(sample(form, SHORT))
    assert facts.duration_seconds == pytest.approx(SHORT, abs=0.1)


@pytest.mark.parametrize("xing", [True, False])
def test_the_duration_of_variable_bitrate_is_exact(tmp_path: Path, xing: bool) -> None:
    facts = examine(variable_mp3(tmp_path / "v.mp3", seconds=20, xing=xing))
    assert facts.duration_seconds == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("form", "name", "codec", "mime", "extension"),
    [
        ("mp3", "MP3", "mp3", "audio/mpeg", "mp3"),
        ("m4a", "M4A", "aac", "audio/mp4", "m4a"),
        ("alac", "M4A", "alac", "audio/mp4", "m4a"),
        ("aac", "AAC", "aac", "audio/aac", "aac"),
        ("ogg", "Ogg Vorbis", "vorbis", "audio/ogg", "ogg"),
        ("opus", "Opus", "opus", "audio/ogg", "opus"),
        ("flac", "FLAC", "flac", "audio/flac", "flac"),
        ("wav", "WAV", "pcm_s16le", "audio/wav", "wav"),
    ],
)
def test_each_format_is_named_and_served_as_apps_expect(
    sample: Sample, form: str, name: str, codec: str, mime: str, extension: str
) -> None:
    facts = examine(sample(form, SHORT))
    assert (facts.format, facts.codec, facts.mime, facts.extension) == (
        name,
        codec,
        mime,
        extension,
    )


@pytest.mark.parametrize("form", ["mp3", "m4a", "aac"])
def test_mp3_and_aac_play_everywhere(sample: Sample, form: str) -> None:
    facts = examine(sample(form, SHORT))
    assert facts.plays_everywhere
    assert facts.warning_texts == []


@pytest.mark.parametrize("form", ["ogg", "opus", "flac", "wav", "alac"])
def test_other_formats_are_accepted_and_said_so_plainly(sample: Sample, form: str) -> None:
    facts = examine(sample(form, SHORT))
    assert not facts.plays_everywhere
    assert f"{facts.format} does not play in every podcast app" in facts.warning_texts[0]


def test_rate_channels_and_bitrate_are_measured(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp3", channels=2, rate=48_000, bitrate=128_000)
    facts = examine(path)
    assert (facts.sample_rate, facts.channels) == (48_000, 2)
    assert facts.bitrate == pytest.approx(128_000, rel=0.02)
    assert facts.size == path.stat().st_size


def test_the_name_of_a_file_does_not_matter(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "really a photo.jpg"
    path.write_bytes(sample("m4a", SHORT).read_bytes())
    assert examine(path).format == "M4A"


def test_a_film_is_taken_for_its_sound_with_a_warning(tmp_path: Path) -> None:
    facts = examine(film(tmp_path / "a.mp4"))
    assert facts.warnings == ("has_video",)


@pytest.mark.thorough
@pytest.mark.parametrize("form", forms("mp3"))
def test_the_first_minute_is_where_the_counting_rule_says(sample: Sample, form: str) -> None:
    path = sample(form, OVER_A_MINUTE)
    facts = examine(path)
    assert facts.audio_start < facts.minute_bytes < facts.size
    heard = _seconds_in(path.read_bytes()[: facts.minute_bytes], facts.extension)
    assert heard == pytest.approx(60, abs=1.1)  # an Ogg page holds up to a second


def _seconds_in(data: bytes, extension: str) -> float:
    """Seconds of sound in the beginning of a file, by its packets alone."""
    if extension == "m4a":
        # The index stands at the end, so the beginning alone cannot be read: frame by size.
        return 60.0
    reader = READERS["vorbis" if extension in {"ogg", "opus"} else extension]  # type: ignore[index]
    with av.open(io.BytesIO(data), "r", format=reader) as container:
        stream = container.streams.audio[0]
        return sum(
            float(packet.duration * packet.time_base)
            for packet in container.demux(stream)
            if packet.duration
        )


@pytest.mark.slow
def test_the_first_minute_of_an_m4a_ends_where_its_packets_say(sample: Sample) -> None:
    path = sample("m4a", OVER_A_MINUTE)
    facts = examine(path)
    with av.open(str(path)) as container:
        ends = [
            cast(int, packet.pos) + packet.size
            for packet in container.demux(container.streams.audio[0])
            if packet.size and cast(int, packet.pts) * packet.time_base < 60
        ]
    assert facts.minute_bytes == max(ends)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_of_less_than_a_minute_the_whole_file_counts(sample: Sample, form: str) -> None:
    facts = examine(sample(form, SHORT))
    assert facts.minute_bytes == facts.size


@pytest.mark.thorough
def test_tags_before_the_sound_belong_to_the_first_minute(sample: Sample, tmp_path: Path) -> None:
    plain = sample("mp3", OVER_A_MINUTE)
    tag = id3_tag(id3_frame(b"TXXX", b"\x03a\x00" + b"b" * 100_000))
    path = tmp_path / "tagged.mp3"
    path.write_bytes(tag + plain.read_bytes())
    before, after = examine(plain), examine(path)
    assert after.minute_bytes == before.minute_bytes + len(tag)
    assert after.audio_start == before.audio_start + len(tag)
