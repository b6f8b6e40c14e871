"""Makes the sound of the sample show from the words in audio/show.toml.

Only needed after the words changed; the results are kept beside the words. Needs ffmpeg with
the flite voices. Run it as ``python -m podcast_server.demo.make_audio``.
"""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "audio"
RATE = 16_000  # Hz, what the flite voices speak
LEAD_IN, LEAD_OUT = 3.5, 4.5  # seconds of sea before the first and after the last word
BREATH, NEW_CHAPTER = 0.8, 2.0  # seconds between paragraphs


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One spoken paragraph; ``chapter`` is the title it opens, if any."""

    speaker: str
    text: str
    chapter: str | None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A paragraph with its place in the episode, in seconds."""

    paragraph: Paragraph
    start: float
    end: float


def read_script(script: str) -> Iterator[Paragraph]:
    """The paragraphs of a script, in order."""
    chapter = None
    for line in script.strip().splitlines():
        if line.startswith("# "):
            chapter = line[2:]
        else:
            speaker, _, text = line.partition(": ")
            yield Paragraph(speaker, text, chapter)
            chapter = None


def speak(paragraph: Paragraph, voice: str, work: Path) -> bytes:
    """The paragraph as 16-bit mono samples, without the silence around it."""
    text, sound = work / "words.txt", work / "words.wav"
    text.write_text(paragraph.text)
    trim = "silenceremove=start_periods=1:start_threshold=-45dB"
    _ffmpeg(
        *("-f", "lavfi", "-i", f"flite=textfile={text}:voice={voice}"),
        *("-af", f"{trim},areverse,{trim},areverse,atempo=0.9", "-ar", str(RATE), str(sound)),
    )
    with wave.open(str(sound)) as reader:
        samples: bytes = reader.readframes(reader.getnframes())
        return samples


def record(paragraphs: list[Paragraph], voices: dict[str, str], work: Path) -> list[Spoken]:
    """Speaks all paragraphs into ``voice.wav`` and tells when each was said."""
    placed: list[Spoken] = []
    samples = bytearray(_silence(LEAD_IN))
    for paragraph in paragraphs:
        if placed:
            samples += _silence(NEW_CHAPTER if paragraph.chapter else BREATH)
        start = len(samples) / 2 / RATE
        samples += speak(paragraph, voices[paragraph.speaker], work)
        placed.append(Spoken(paragraph, start, len(samples) / 2 / RATE))
    samples += _silence(LEAD_OUT)
    with wave.open(str(work / "voice.wav"), "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", ""))
        writer.writeframes(samples)
    return placed


def mix(episode: dict[str, Any], seconds: float, work: Path, target: Path) -> None:
    """Voice over sea and a soft chord, with tags and chapters, as 64 kbit/s mono."""
    chord = "+".join(
        f"sin(2*PI*{hertz}*t)*(0.5+0.4*sin(2*PI*t/{11 + 4 * index}))/{index + 2}"
        for index, hertz in enumerate(episode["chord"])
    )
    bell = "gte(t,1)*(sin(2*PI*622*t)*exp(-2.2*(t-1))+0.5*sin(2*PI*1567*t)*exp(-3.5*(t-1)))"
    length = f"d={seconds:.3f}:s=44100"
    graph = (
        f"[0:a]aresample=44100,highpass=f=70,loudnorm=I=-18:TP=-2,aresample=44100[voice];"
        f"aevalsrc='0.045*({chord})+0.16*({bell})':{length},lowpass=f=1800[pad];"
        f"anoisesrc=color=brown:amplitude=0.5:seed=7:d={seconds:.3f}:r=44100,highpass=f=90,"
        f"lowpass=f=1100,tremolo=f=0.11:d=0.75,volume=0.13[sea];"
        f"[voice][pad][sea]amix=inputs=3:normalize=0,afade=t=in:d=1.5,"
        f"afade=t=out:st={seconds - 4:.3f}:d=4,alimiter=limit=0.9[out]"
    )
    codec = "aac" if target.suffix == ".m4a" else "libmp3lame"
    _ffmpeg(
        *("-i", str(work / "voice.wav"), "-i", str(work / "tags.txt")),
        *("-filter_complex", graph, "-map", "[out]", "-map_metadata", "1", "-map_chapters", "1"),
        *("-c:a", codec, "-b:a", "64k", "-ac", "1", "-movflags", "+faststart", str(target)),
    )


def tags(show: dict[str, Any], episode: dict[str, Any], said: list[Spoken], end: float) -> str:
    """Tags and chapters in ffmpeg's metadata format."""
    lines = [";FFMETADATA1"]
    for key, value in (
        ("title", episode["title"]),
        ("artist", show["author"]),
        ("album", show["title"]),
        ("track", episode["number"]),
        ("date", episode["date"]),
        ("genre", "Podcast"),
        ("comment", episode["summary"]),
    ):
        lines.append(f"{key}={value}")
    opened = [spoken for spoken in said if spoken.paragraph.chapter]
    starts = [0.0, *(max(0.0, spoken.start - 0.4) for spoken in opened[1:])]
    for spoken, start, stop in zip(opened, starts, [*starts[1:], end], strict=False):
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={int(start * 1000)}"]
        lines += [f"END={int(stop * 1000)}", f"title={spoken.paragraph.chapter}"]
    return "\n".join(lines) + "\n"


def transcript(said: list[Spoken]) -> str:
    """The words as WebVTT, one cue for each sentence, its time shared out by length."""
    cues = ["WEBVTT\n"]
    for spoken in said:
        sentences = spoken.paragraph.text.replace("? ", "?|").replace(". ", ".|").split("|")
        pace = (spoken.end - spoken.start) / len(spoken.paragraph.text)
        begin = spoken.start
        for sentence in sentences:
            finish = min(begin + (len(sentence) + 1) * pace, spoken.end)
            cues.append(f"{_clock(begin)} --> {_clock(finish)}")
            cues.append(f"<v {spoken.paragraph.speaker}>{sentence}\n")
            begin = finish
    return "\n".join(cues)


def make(show: dict[str, Any], episode: dict[str, Any]) -> None:
    """One episode: its sound and its transcript."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        said = record(list(read_script(episode["script"])), show["voices"], work)
        end = said[-1].end + LEAD_OUT
        (work / "tags.txt").write_text(tags(show, episode, said, end))
        target = FOLDER / episode["file"]
        mix(episode, end, work, target)
        target.with_suffix(".vtt").write_text(transcript(said))


def _silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"00:{int(minutes):02d}:{rest:06.3f}"


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


if __name__ == "__main__":
    sample_show = tomllib.loads((FOLDER / "show.toml").read_text())
    for sample_episode in sample_show["episode"]:
        make(sample_show, sample_episode)
