"""Whether a container is all there: a cut-off upload is told apart from a damaged file."""

from __future__ import annotations

from typing import BinaryIO

from episodes.audio.child.sniff import Kind
from episodes.audio.errors import AudioRefused

_LONGEST_PAGE = 27 + 255 + 255 * 255  # bytes of an Ogg page (RFC 3533 §6)
_MAX_ATOMS = 200_000  # a fragmented file of many hours has tens of thousands


def require_whole(file: BinaryIO, kind: Kind, size: int) -> None:
    """Raises AudioRefused when the end of the file is missing, as far as it can be told."""
    if kind == "mp4":
        _require_whole_atoms(file, size)
    elif kind == "wav":
        _require_whole_wave(file, size)
    elif kind in {"vorbis", "opus"}:
        _require_whole_page(file, size)


def _require_whole_atoms(file: BinaryIO, size: int) -> None:
    """Top-level MP4 atoms must not reach beyond the file (ISO/IEC 14496-12 §4.2)."""
    position, names = 0, set()
    for _ in range(_MAX_ATOMS):
        if position + 8 > size:
            break
        file.seek(position)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        names.add(head[4:8])
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            position = size  # the last atom, to the end of the file
        elif length < 8 or not _is_name(head[4:8]):
            raise AudioRefused("damaged")
        position += length
    else:
        raise AudioRefused("too_complex")
    if position > size or b"moov" not in names:
        raise AudioRefused("truncated")


def _is_name(name: bytes) -> bool:
    """Four printable characters, or the copyright sign that Apple began some with."""
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in name)


def _require_whole_wave(file: BinaryIO, size: int) -> None:
    file.seek(0)
    head = file.read(8)
    announced = int.from_bytes(head[4:8], "little")
    # Recorders that write as they go leave 0 or the largest number.
    if head[:4] == b"RIFF" and announced not in {0, 0xFFFFFFFF} and announced + 8 > size + 1:
        raise AudioRefused("truncated")


def _require_whole_page(file: BinaryIO, size: int) -> None:
    """The last Ogg page must end with the file or before it."""
    tail_at = max(0, size - _LONGEST_PAGE - 27)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0:
        raise AudioRefused("damaged")
    if len(tail) < at + 27:
        raise AudioRefused("truncated")
    table = tail[at + 27 : at + 27 + tail[at + 26]]
    if len(table) < tail[at + 26] or tail_at + at + 27 + len(table) + sum(table) > size:
        raise AudioRefused("truncated")
