"""What a file is, by its content alone; its name is not asked."""

from __future__ import annotations

from typing import BinaryIO, Literal

from episodes.audio.frames import adts_frame_at, mpeg_frame_at

Kind = Literal["mp3", "aac", "mp4", "vorbis", "opus", "flac", "wav"]
_SEARCH = 64 * 1024


def id3_size(file: BinaryIO) -> int:
    """Bytes of the ID3v2 tag at the start, 0 without one (id3.org, ID3v2.4 §3.1)."""
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + (20 if head[5] & 0x10 else 10)


def sniff(file: BinaryIO) -> Kind | None:
    """The kind of audio file, or None."""
    file.seek(id3_size(file))
    head = file.read(_SEARCH)
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return _ogg(head)
    return _stream(head)


def _ogg(head: bytes) -> Kind | None:
    first = head[:512]
    if b"OpusHead" in first:
        return "opus"
    return "vorbis" if b"\x01vorbis" in first else None


def _stream(head: bytes) -> Kind | None:
    """MP3 or AAC: a frame that is followed by two more."""
    at = head.find(b"\xff")
    while 0 <= at < len(head) - 8:
        for kind, frame_at in (("aac", adts_frame_at), ("mp3", mpeg_frame_at)):
            if _chain(head, at, frame_at):
                return kind  # type: ignore[return-value]
        at = head.find(b"\xff", at + 1)
    return None


def _chain(head: bytes, at: int, frame_at: object) -> bool:
    place = at
    for count in range(3):
        if place > len(head) - 8:
            return count > 0 and place >= len(head) - 8
        frame = frame_at(head, place)  # type: ignore[operator]
        if frame is None:
            return False
        place += frame.length
    return True
