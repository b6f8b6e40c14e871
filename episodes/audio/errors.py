"""Why an audio file cannot be used."""

from __future__ import annotations

from episodes.errors import EpisodeError

SENTENCES = {
    "empty": "the file is empty: export it again",
    "not_audio": "this is not an audio file that podcasts can use (MP3, M4A, AAC, Ogg, Opus, "
    "FLAC or WAV), whatever its name says",
    "damaged": "the file is damaged: export it again from your editor",
    "truncated": "the file ends too early: the copy or upload was cut off, send it again",
    "no_sound": "the file holds no sound",
    "too_complex": "the file needs an unreasonable amount of memory or time to read: "
    "export it again, without embedded pictures or odd tags",
    "unreadable": "the file cannot be read",
    "no_encoder": "no encoder for this format is installed: install the `av` package",
    "bad_range": "the part to cut lies outside the recording",
    "no_space": "the new file could not be written: is the disk full?",
}


class AudioRefused(EpisodeError):
    """The file cannot be used. ``reason`` is a key of SENTENCES, ``detail`` is for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason
        self.detail = detail
