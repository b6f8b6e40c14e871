"""What a probe finds out about an audio file."""

from __future__ import annotations

from dataclasses import dataclass

WARNINGS = {
    "not_everywhere": "{format} does not play in every podcast app: convert it to MP3 or AAC "
    "([ingest] convert_to does it for you)",
    "has_video": "the file also holds a film, which listeners download but never see: "
    "export only the sound",
    "tags_too_large": "the tags are larger than 16 MB and were ignored",
    "tags_unreadable": "the tags are damaged and were ignored",
    "cover_too_large": "the embedded cover is larger than 12 MB and was ignored",
    "chapter_images_too_large": "the chapter pictures are larger than 12 MB together: "
    "some were ignored",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An embedded picture, as found; its type is the file's own claim."""

    data: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class ChapterFact:
    """A chapter mark; times in seconds."""

    start: float
    title: str
    end: float | None = None
    url: str | None = None
    image: Picture | None = None


@dataclass(frozen=True, slots=True)
class AudioTags:
    """What the file says of itself; empty where it says nothing."""

    title: str = ""
    artist: str = ""
    album: str = ""
    date: str = ""
    track: int | None = None
    season: int | None = None
    comment: str = ""
    description: str = ""
    cover: Picture | None = None


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """A probed file. Duration in seconds, bitrate in bits per second, sizes in bytes.

    ``audio_start`` is where the sound begins, after tags and header. ``minute_bytes`` is how
    much of the file, from its start, holds everything up to and including the first minute of
    sound: the threshold of the IAB measurement guidelines; the whole file when it is shorter.
    """

    format: str  # MP3, M4A, AAC, Ogg Vorbis, Opus, FLAC, WAV
    codec: str  # FFmpeg's name: mp3, aac, alac, opus, vorbis, flac, pcm_s16le…
    mime: str
    extension: str
    duration_seconds: float
    bitrate: int
    sample_rate: int
    channels: int
    size: int
    audio_start: int
    minute_bytes: int
    tags: AudioTags
    chapters: tuple[ChapterFact, ...]
    warnings: tuple[str, ...]

    @property
    def plays_everywhere(self) -> bool:
        """Whether every podcast app plays the format."""
        return "not_everywhere" not in self.warnings

    @property
    def warning_texts(self) -> list[str]:
        """The warnings as sentences for a podcaster."""
        return [WARNINGS[key].format(format=self.format) for key in self.warnings]
