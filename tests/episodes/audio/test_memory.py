"""The server's own memory does not move, whatever is probed."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path

import pytest

from episodes.audio.convert import convert
from episodes.audio.errors import AudioRefused
from episodes.audio.probe import probe
from tests.episodes.audio.conftest import SHORT, Sample
from tests.samples import hostile
from tests.samples.audio import record

MEGABYTE = 1024 * 1024


def resident() -> int:
    """Bytes of this process in memory (proc(5): the second number of statm, in pages)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def probe_or_refuse(path: Path) -> None:
    with contextlib.suppress(AudioRefused):
        probe(path)


@pytest.mark.slow
def test_the_parent_stays_flat_over_everything_hostile(sample: Sample, tmp_path: Path) -> None:
    mp3 = sample("mp3", SHORT).read_bytes()
    files = [
        hostile.zlib_bomb(tmp_path / "bomb.mp3", mp3),
        hostile.huge_cover(tmp_path / "cover.mp3", mp3),
        hostile.atom_flood(tmp_path / "flood.m4a"),
        hostile.top_level_flood(tmp_path / "top.m4a"),
        hostile.nested_moov(tmp_path / "deep.m4a"),
        hostile.pdf(tmp_path / "document.mp3"),
        hostile.junk(tmp_path / "junk.mp3"),
        hostile.sync_words(tmp_path / "sync.mp3"),
    ]
    probe_or_refuse(files[-1])
    gc.collect()
    before = resident()
    for path in files * 3:
        probe_or_refuse(path)
    assert resident() - before < 4 * MEGABYTE


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_parent_stays_flat_over_a_gigabyte(tmp_path: Path, sample: Sample) -> None:
    second = sample("mp3", SHORT).read_bytes()
    path = tmp_path / "long.mp3"
    with path.open("wb") as file:
        for _ in range(1024 * MEGABYTE // len(second)):
            file.write(second)
    before = resident()
    facts = probe(path)
    assert facts.size > 1000 * MEGABYTE
    assert facts.duration_seconds > 30 * 3600
    assert resident() - before < 4 * MEGABYTE


@pytest.mark.slow
def test_the_parent_stays_flat_over_a_conversion(tmp_path: Path) -> None:
    source = record(tmp_path / "long.opus", "opus", seconds=300)
    gc.collect()
    before = resident()
    facts = convert(source, tmp_path / "out", to="mp3")
    assert facts.duration_seconds == pytest.approx(300, abs=0.1)
    assert resident() - before < 4 * MEGABYTE
