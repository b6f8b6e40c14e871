"""Decode a file, or a part of it, and encode it as MP3 or AAC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.filter import Graph

from episodes.audio.child.containers import open_audio
from episodes.audio.child.sniff import Kind
from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts, ChapterFact

ENCODERS = {"mp3": "libmp3lame", "m4a": "aac"}
WRITERS = {"mp3": "mp3", "m4a": "ipod", "aac": "adts"}
BITRATES = {1: 96_000, 2: 128_000}  # by channels: clear speech, and music that does no harm
_RATES = {32_000, 44_100, 48_000}  # Hz that every player takes
_SAMPLE_FORMAT = "fltp"  # the one that both encoders take
_MAX_BAD_PACKETS = 100


@dataclass(frozen=True, slots=True)
class Part:
    """From and to, in seconds; ``fade`` seconds in and out where it is cut."""

    start: float
    end: float
    fade: float = 0.0


def open_target(target: Path, form: str, chapters: Sequence[ChapterFact]) -> Any:
    """Open a new "mp3", "m4a" or "aac" to write to. Chapters go into M4A here."""
    # The index of an M4A goes first, so that apps can start before they have the whole file.
    options = {"movflags": "+faststart"} if form == "m4a" else {}
    made: Any = av.open(str(target), "w", format=WRITERS[form], options=options)
    if form == "m4a" and chapters:
        made.set_chapters([_chapter(index, chapter) for index, chapter in enumerate(chapters)])
    return made


def _chapter(index: int, chapter: ChapterFact) -> dict[str, Any]:
    start = round(chapter.start * 1000)
    return {
        "id": index,
        "start": start,
        "end": start if chapter.end is None else round(chapter.end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": chapter.title},
    }


def encode(
    source: Path,
    kind: Kind,
    target: Path,
    to: str,
    facts: AudioFacts,
    *,
    bitrate: int | None = None,
    part: Part | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Encode a file as "mp3" or "m4a", mono or stereo."""
    encoder = _encoder(to)
    channels = min(facts.channels, 2)
    layout, rate = ("mono", "stereo")[channels - 1], _rate_for(facts.sample_rate)
    with (
        open_audio(source, kind) as taken,
        open_target(target, to, facts.chapters) as made,
    ):
        stream: Any = made.add_stream(encoder, rate=rate, layout=layout)
        stream.bit_rate = bitrate or BITRATES[channels]
        stream.codec_context.format = _SAMPLE_FORMAT
        end = part.end if part else facts.duration_seconds
        frames = _timed(alike(decoded(taken), layout, rate), rate, end, progress)
        for frame in _only(frames, part, facts.duration_seconds) if part else frames:
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


def _encoder(to: str) -> str:
    try:
        return Codec(ENCODERS[to], "w").name
    except UnknownCodecError as error:
        raise AudioRefused("no_encoder") from error


def _rate_for(rate: int) -> int:
    if rate in _RATES:
        return rate
    return 48_000 if rate % 8_000 == 0 else 44_100


def decoded(container: Any) -> Iterator[AudioFrame]:
    """All frames; a few bad packets are passed over, as players do."""
    bad = 0
    for packet in container.demux(container.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.InvalidDataError as error:
            bad += 1
            if bad > _MAX_BAD_PACKETS:
                raise AudioRefused("damaged") from error
            continue
        yield from frames


def alike(
    frames: Iterable[AudioFrame], layout: str, rate: int, sample: str = _SAMPLE_FORMAT
) -> Iterator[AudioFrame]:
    """Frames of one layout and rate, even where the file changes its own on the way."""
    form, resampler = None, AudioResampler(sample, layout, rate)
    for frame in frames:
        its_form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form not in {None, its_form}:
            yield from resampler.resample(None)
            resampler = AudioResampler(sample, layout, rate)
        form = its_form
        frame.pts = None
        yield from resampler.resample(frame)
    if form is not None:
        yield from resampler.resample(None)


def _timed(
    frames: Iterable[AudioFrame], rate: int, end: float, progress: Callable[[float], None]
) -> Iterator[AudioFrame]:
    """Frames on a clock that counts samples, up to ``end`` seconds; reports each percent."""
    samples, told = 0, -1
    for frame in frames:
        frame.pts, frame.time_base = samples, Fraction(1, rate)
        samples += frame.samples
        yield frame
        percent = min(int(samples / rate / end * 100), 100)
        if percent > told:
            told = percent
            progress(percent / 100)
        # An end well past the announced one is a file that lies about its length.
        if samples / rate > end + 1:
            return


def _only(frames: Iterable[AudioFrame], part: Part, whole: float) -> Iterator[AudioFrame]:
    """The frames of a part, faded in and out where something was cut away."""
    graph, length = None, part.end - part.start
    filters = [("atrim", f"start={part.start}:end={part.end}"), ("asetpts", "PTS-STARTPTS")]
    if part.start > 0:
        filters.append(("afade", f"t=in:st=0:d={part.fade}"))
    if part.end < whole:
        filters.append(("afade", f"t=out:st={length - part.fade}:d={part.fade}"))
    for frame in frames:
        graph = graph or _graph(frame, filters)
        if not _pushed(graph, frame):
            break
        yield from _pulled(graph)
    if graph is not None:
        _pushed(graph, None)
        yield from _pulled(graph)


def _pushed(graph: Any, frame: AudioFrame | None) -> bool:
    """Whether the graph took it; it takes nothing that comes after the end of the part."""
    try:
        graph.push(frame)
    except av.EOFError:
        return False
    return True


def _graph(frame: AudioFrame, filters: list[tuple[str, str]]) -> Any:
    graph: Any = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base,
    )
    steps = [graph.add(name, settings) for name, settings in filters]
    graph.link_nodes(source, *steps, graph.add("abuffersink")).configure()
    return graph


def _pulled(graph: Any) -> Iterator[AudioFrame]:
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
