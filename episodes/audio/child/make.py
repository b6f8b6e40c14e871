"""Make another file from a file: the whole of it in another format, or a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from episodes.audio.child.copying import copy_packets
from episodes.audio.child.encode import Part, encode
from episodes.audio.child.examine import examine, kind_of
from episodes.audio.child.tags.write import write_tags
from episodes.audio.errors import AudioRefused
from episodes.audio.facts import ChapterFact

_CODEC_OF = {"mp3": "mp3", "m4a": "aac"}
# What can be cut between packets, and the form the part is kept in.
_CUTS = {("mp3", "mp3"): "mp3", ("aac", "aac"): "aac", ("mp4", "aac"): "m4a"}


def convert(
    source: str, target: str, to: str, bitrate: int | None, progress: Callable[[float], None]
) -> None:
    """All of ``source`` as MP3 or M4A, with its tags, cover and chapters."""
    facts, kind = examine(Path(source)), kind_of(Path(source))
    facts = replace(facts, chapters=_within(facts.chapters, 0, facts.duration_seconds))
    if facts.codec == _CODEC_OF[to]:
        whole = Part(0, facts.duration_seconds)
        copy_packets(Path(source), kind, Path(target), to, whole, facts.chapters)
    else:
        encode(Path(source), kind, Path(target), to, facts, bitrate=bitrate, progress=progress)
    write_tags(Path(target), to, facts.tags, facts.chapters)


def cut(source: str, target: str, start: float, end: float, fade: float) -> None:
    """The part between two times in seconds; encoded anew, with fades, only where it must be."""
    facts, kind = examine(Path(source)), kind_of(Path(source))
    end = min(end, facts.duration_seconds)
    if not 0 <= start < end:
        raise AudioRefused("bad_range")
    facts = replace(facts, chapters=_within(facts.chapters, start, end))
    form = _CUTS.get((kind, facts.codec))
    if form is not None:
        part = Part(start, end)
        copy_packets(Path(source), kind, Path(target), form, part, facts.chapters)
    else:
        form = "mp3"
        part = Part(start, end, min(fade, (end - start) / 2))
        encode(Path(source), kind, Path(target), form, facts, part=part)
    write_tags(Path(target), form, facts.tags, facts.chapters)


def _within(chapters: Sequence[ChapterFact], start: float, end: float) -> tuple[ChapterFact, ...]:
    """The chapters heard in a part, on the part's own clock, each up to the next."""
    ordered = sorted(chapters, key=lambda chapter: chapter.start)
    stops = [chapter.start for chapter in ordered[1:]] + [end]
    spans = zip(ordered, stops, strict=False)  # without chapters there is an end too many
    return tuple(
        replace(chapter, start=max(chapter.start - start, 0.0), end=min(stop, end) - start)
        for chapter, stop in spans
        if chapter.start < end and stop > start
    )
