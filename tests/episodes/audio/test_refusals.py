"""Bad and hostile files: refused with a reason, or accepted within limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from episodes.audio.errors import SENTENCES, AudioRefused
from episodes.audio.limited import Limits
from episodes.audio.probe import limits_for, probe
from tests.episodes.audio.conftest import SHORT, Sample
from tests.samples import hostile
from tests.samples.audio import silent_film

LONGER = 12.0


def reason_for(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(AudioRefused) as refused:
        probe(path, limits=limits)
    assert str(refused.value) == SENTENCES[refused.value.reason]
    return refused.value.reason


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp3"
    path.touch()
    assert reason_for(path) == "empty"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert reason_for(tmp_path) == "unreadable"


def test_a_document_called_mp3_is_refused(tmp_path: Path) -> None:
    assert reason_for(hostile.pdf(tmp_path / "episode.mp3")) == "not_audio"


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_are_refused(tmp_path: Path, seed: int) -> None:
    assert reason_for(hostile.junk(tmp_path / "a.mp3", seed=seed)) == "not_audio"


def test_nothing_but_sync_words_is_refused(tmp_path: Path) -> None:
    assert reason_for(hostile.sync_words(tmp_path / "a.mp3")) == "not_audio"


def test_a_playlist_leads_nowhere(mp3: Path, tmp_path: Path) -> None:
    assert reason_for(hostile.playlist(tmp_path / "a.mp3", str(mp3))) == "not_audio"


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    assert reason_for(silent_film(tmp_path / "a.m4a")) == "no_sound"


@pytest.mark.thorough
@pytest.mark.parametrize("form", ["mp3", "m4a", "ogg", "opus", "flac", "wav"])
@pytest.mark.parametrize("kept", [0.2, 0.8])
def test_a_file_that_was_cut_off_is_refused(
    sample: Sample, tmp_path: Path, form: str, kept: float
) -> None:
    data = sample(form, LONGER).read_bytes()
    path = tmp_path / f"a.{form}"
    path.write_bytes(data[: int(len(data) * kept)])
    assert reason_for(path) == "truncated"


def test_a_file_that_ends_inside_its_tag_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(hostile.id3_tag(bytes(100), announced=1_000_000))
    assert reason_for(path) in {"truncated", "not_audio"}


def test_a_damaged_middle_is_stepped_over(sample: Sample, tmp_path: Path) -> None:
    data = bytearray(sample("aac", LONGER).read_bytes())
    data[50_000:53_000] = bytes(3_000)
    path = tmp_path / "a.aac"
    path.write_bytes(data)
    assert probe(path).duration_seconds == pytest.approx(LONGER, abs=1)


def test_mostly_zeros_are_refused(mp3: Path) -> None:
    data = mp3.read_bytes()
    mp3.write_bytes(data + bytes(10 * len(data)))
    assert reason_for(mp3) == "damaged"


def test_broken_tags_do_not_cost_the_episode(mp3: Path) -> None:
    broken = hostile.id3_tag(hostile.id3_frame(b"CHAP", b"\xff" * 40) + b"TIT2\x7f\x7f\x7f\x7f")
    mp3.write_bytes(broken + mp3.read_bytes())
    assert probe(mp3).duration_seconds == pytest.approx(SHORT, abs=0.1)


def test_a_tag_larger_than_16_megabytes_is_ignored(mp3: Path) -> None:
    hostile.huge_cover(mp3, mp3.read_bytes(), size=20 * hostile.MEGABYTE)
    facts = probe(mp3)
    assert facts.warnings == ("tags_too_large",)
    assert facts.duration_seconds == pytest.approx(SHORT, abs=0.1)


@pytest.mark.thorough
def test_a_tag_that_unpacks_to_a_gigabyte_is_refused(mp3: Path) -> None:
    hostile.zlib_bomb(mp3, mp3.read_bytes())
    assert mp3.stat().st_size < 2 * hostile.MEGABYTE
    assert reason_for(mp3) == "too_complex"


@pytest.mark.parametrize("make", [hostile.atom_flood, hostile.top_level_flood, hostile.nested_moov])
def test_floods_and_depths_of_atoms_are_refused(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    assert reason_for(make(tmp_path / "a.m4a")) in {"no_sound", "too_complex", "damaged"}


@pytest.mark.thorough
def test_a_flood_behind_real_sound_ends_within_limits(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(sample("m4a", SHORT).read_bytes() + b"\x00\x00\x00\x08free" * 500_000)
    assert reason_for(path) == "too_complex"


@pytest.mark.thorough
def test_a_job_that_takes_too_much_processor_time_is_ended(mp3: Path) -> None:
    hostile.sync_words(mp3, size=8 * hostile.MEGABYTE)
    mp3.write_bytes((bytes.fromhex("fffb9000") + bytes(413)) * 5 + mp3.read_bytes())
    assert reason_for(mp3, Limits(cpu=1)) == "too_complex"


@pytest.mark.parametrize("megabytes", [1, 100, 2000])
def test_an_honest_file_may_take_all_its_time_though_others_go_before(
    tmp_path: Path, megabytes: int
) -> None:
    """The jobs stand back: on a busy machine they get a tenth of a processor."""
    path = tmp_path / "long.mp3"
    with path.open("wb") as file:
        file.truncate(megabytes * hostile.MEGABYTE)
    limits = limits_for(path)
    assert limits.wall >= 10 * limits.cpu


@pytest.mark.thorough
def test_a_job_that_takes_too_long_on_the_clock_is_ended(
    mp3: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = mp3.parent / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr("episodes.audio.limited.sys.executable", str(sleeper))
    assert reason_for(mp3, Limits(wall=1)) == "too_complex"


@pytest.mark.parametrize("answer", ["", "nonsense", "[]", "{}", '{"facts": {"tags": 3}}'])
def test_nonsense_from_the_child_is_a_refusal(
    mp3: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    liar = mp3.parent / "liar"
    liar.write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\n")
    liar.chmod(0o700)
    monkeypatch.setattr("episodes.audio.limited.sys.executable", str(liar))
    assert reason_for(mp3) == "too_complex"
