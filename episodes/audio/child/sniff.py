"""What a file is, by its content alone; its name is not asked."""

from __future__ import annotations

from typing import BinaryIO, Literal

from episodes.audio.child.frames import HEADER, LONGEST, FrameAt, adts_frame_at, mpeg_frame_at

Kind = Literal["mp3", "aac", "mp4", "vorbis", "opus", "flac", "wav"]
FRAME_AT: dict[Kind, FrameAt] = {"aac": adts_frame_at, "mp3": mpeg_frame_at}
_SEARCH = 64 * 1024
_MAX_TAGS = 16  # some editors put a new tag before the old one again and again
_CHAIN = 3


def id3_size(file: BinaryIO, at: int = 0) -> int:
    """Bytes of the ID3v2 tag at a place, 0 without one (id3.org, ID3v2.4 §3.1)."""
    file.seek(at)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + (20 if head[5] & 0x10 else 10)


def tags_end(file: BinaryIO) -> int:
    """Where the ID3v2 tags at the start end, usually one or none."""
    end = 0
    for _ in range(_MAX_TAGS):
        size = id3_size(file, end)
        if not size:
            break
        end += size
    return end


def sniff(file: BinaryIO) -> Kind | None:
    """The kind of audio file, or None."""
    file.seek(tags_end(file))
    head = file.read(_SEARCH + _CHAIN * LONGEST)
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return _ogg(head[:512])
    return _stream(head)


def _ogg(first_page: bytes) -> Kind | None:
    if b"OpusHead" in first_page:
        return "opus"
    return "vorbis" if b"\x01vorbis" in first_page else None


def _stream(head: bytes) -> Kind | None:
    """MP3 or AAC: a frame that is followed by two more."""
    at = head.find(b"\xff")
    while 0 <= at < min(len(head) - HEADER, _SEARCH):
        for kind, frame_at in FRAME_AT.items():
            if _is_chain(head, at, frame_at):
                return kind
        at = head.find(b"\xff", at + 1)
    return None


def _is_chain(head: bytes, at: int, frame_at: FrameAt) -> bool:
    for count in range(_CHAIN):
        if at > len(head) - HEADER:
            return count > 0 and at <= len(head)  # the end of a very short file
        frame = frame_at(head, at)
        if frame is None:
            return False
        at += frame.length
    return True
