"""A probe in its child process: any name, no secrets, the same facts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mutagen.id3 import APIC, CHAP, ID3, TIT2

from episodes.audio.child.examine import examine
from episodes.audio.errors import AudioRefused
from episodes.audio.probe import probe
from tests.episodes.audio.conftest import SHORT, Sample, forms


@pytest.mark.parametrize("form", forms("mp3", "m4a"))
def test_facts_come_out_of_the_child_as_they_were_found(sample: Sample, form: str) -> None:
    assert probe(sample(form, SHORT)) == examine(sample(form, SHORT))


def test_pictures_come_out_whole(mp3: Path) -> None:
    picture = APIC(mime="image/jpeg", type=3, desc="", data=bytes(range(256)) * 1000)
    inside = [TIT2(text=["One"]), APIC(mime="image/png", type=3, desc="", data=b"\n{}\n")]
    id3 = ID3()
    id3.add(picture)
    id3.add(CHAP(element_id="a", start_time=0, end_time=900, sub_frames=inside))
    id3.save(mp3)
    facts = probe(mp3)
    assert facts == examine(mp3)
    assert facts.tags.cover is not None
    assert facts.tags.cover.data == picture.data


@pytest.mark.parametrize(
    "name", ["-rf.mp3", "a b;c.mp3", "ü ☃.mp3", "with\nnewline.mp3", "%(x)s.mp3", "http:x.mp3"]
)
def test_any_file_name_will_do(mp3: Path, tmp_path: Path, name: str) -> None:
    path = mp3.rename(tmp_path / name)
    assert probe(path).format == "MP3"


def test_a_relative_path_will_do(mp3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mp3.parent)
    assert probe(Path(mp3.name)).format == "MP3"


def test_code_beside_the_audio_is_not_run(mp3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json.py", "mutagen.py", "sitecustomize.py"):
        (mp3.parent / name).write_text("import pathlib; pathlib.Path('ran').touch(); 1/0")
    monkeypatch.chdir(mp3.parent)
    assert probe(mp3).format == "MP3"
    assert not (mp3.parent / "ran").exists()


def test_the_child_does_not_see_our_secrets(mp3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = mp3.parent / "environment"
    monkeypatch.setenv("PODCAST_SERVER_SECRET", "hush")
    monkeypatch.setattr("episodes.audio.limited.sys.executable", _spy(mp3.parent, seen))
    with pytest.raises(AudioRefused):
        probe(mp3)
    assert "PATH=" in seen.read_text()
    assert "hush" not in seen.read_text()


def _spy(folder: Path, seen: Path) -> str:
    """A program that notes its environment instead of doing the job."""
    spy = folder / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    spy.chmod(0o700)
    return str(spy)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_refused(mp3: Path) -> None:
    mp3.chmod(0)
    with pytest.raises(AudioRefused) as refused:
        probe(mp3)
    assert refused.value.reason == "unreadable"


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioRefused) as refused:
        probe(tmp_path / "gone.mp3")
    assert refused.value.reason == "unreadable"
