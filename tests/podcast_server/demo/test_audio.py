"""The sample show: real, playable, small, and its words match its sound."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from episodes.artwork import prepare_artwork
from episodes.audio.probe import probe
from podcast_server.demo.make_audio import FOLDER, read_script

SHOW = tomllib.loads((FOLDER / "show.toml").read_text(encoding="utf-8"))
EPISODES = {episode["file"]: episode for episode in SHOW["episode"]}


@pytest.mark.parametrize("name", EPISODES)
def test_each_episode_is_what_the_show_says_of_it(name: str) -> None:
    facts = probe(FOLDER / name)
    assert facts.plays_everywhere
    assert facts.tags.title == EPISODES[name]["title"]
    assert facts.tags.track == EPISODES[name]["number"]
    assert facts.tags.album == SHOW["title"]
    assert facts.duration_seconds > 60  # long enough for the one-minute rule of counting
    assert facts.minute_bytes < facts.size


@pytest.mark.parametrize("name", EPISODES)
def test_chapters_are_those_of_the_script(name: str) -> None:
    titles = [line[2:] for line in EPISODES[name]["script"].splitlines() if line[:2] == "# "]
    assert [chapter.title for chapter in probe(FOLDER / name).chapters] == titles


@pytest.mark.parametrize("name", EPISODES)
def test_the_transcript_has_every_word_and_ends_with_the_sound(name: str) -> None:
    text = (FOLDER / name).with_suffix(".vtt").read_text(encoding="utf-8")
    cues = re.findall(r"--> 00:(\d\d):([\d.]+)\n<v (\w+)>(.+)", text)
    spoken = " ".join(words for *_, words in cues)
    assert spoken == " ".join(p.text for p in read_script(EPISODES[name]["script"]))
    assert {speaker for _, _, speaker, _ in cues} <= set(SHOW["voices"])
    ends = [int(minutes) * 60 + float(seconds) for minutes, seconds, *_ in cues]
    assert ends == sorted(ends)
    assert ends[-1] < probe(FOLDER / name).duration_seconds


def test_the_cover_needs_no_mending() -> None:
    cover: Any = prepare_artwork((FOLDER / SHOW["cover"]).read_bytes())
    assert cover.side >= 1400
    assert (FOLDER / SHOW["cover"]).stat().st_size < 400_000


def test_everything_together_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4 * 1024 * 1024
