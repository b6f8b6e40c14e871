"""Files that hurt readers: bombs, floods, deep nesting, and files that are something else."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

MEGABYTE = 1024 * 1024


def _size(number: int) -> bytes:
    """A number as four bytes of seven bits, as ID3 writes sizes."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def id3_tag(frames: bytes, *, announced: int | None = None) -> bytes:
    """An ID3v2.4 tag around frames; ``announced`` is the size it claims, if it lies."""
    return b"ID3\x04\x00\x00" + _size(len(frames) if announced is None else announced) + frames


def id3_frame(name: bytes, body: bytes, flags: int = 0) -> bytes:
    """One ID3v2.4 frame."""
    return name + _size(len(body)) + flags.to_bytes(2, "big") + body


def zlib_bomb(path: Path, mp3: bytes, *, unpacked: int = 900 * MEGABYTE) -> Path:
    """A small tag whose one compressed frame unpacks to almost a gigabyte."""
    packer = zlib.compressobj(9)
    start = packer.compress(b"\x03") + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers back, so one packed megabyte can stand for many.
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = start + block * (unpacked // MEGABYTE)
    compressed_with_length = 0x0009
    body = _size(unpacked % (1 << 28)) + packed
    path.write_bytes(id3_tag(id3_frame(b"TXXX", body, compressed_with_length)) + mp3)
    return path


def huge_cover(path: Path, mp3: bytes, *, size: int = 60 * MEGABYTE) -> Path:
    """A cover that is larger than most episodes."""
    body = b"\x00image/jpeg\x00\x03\x00" + random.Random(3).randbytes(MEGABYTE) * (size // MEGABYTE)
    path.write_bytes(id3_tag(id3_frame(b"APIC", body)) + mp3)
    return path


def atom_flood(path: Path, *, atoms: int = 500_000) -> Path:
    """Half a million empty atoms inside one moov."""
    flood = b"\x00\x00\x00\x08free" * atoms
    moov = (len(flood) + 8).to_bytes(4, "big") + b"moov" + flood
    path.write_bytes(_FTYP + moov)
    return path


def top_level_flood(path: Path, *, atoms: int = 500_000) -> Path:
    """Half a million empty atoms side by side."""
    path.write_bytes(_FTYP + b"\x00\x00\x00\x08free" * atoms + b"\x00\x00\x00\x08moov")
    return path


def nested_moov(path: Path, *, depth: int = 3000) -> Path:
    """moov in moov in moov, deeper than Python's stack."""
    nested = b""
    for _ in range(depth):
        nested = (len(nested) + 8).to_bytes(4, "big") + b"moov" + nested
    path.write_bytes(_FTYP + nested)
    return path


def pdf(path: Path) -> Path:
    """A document, with enough in it that a frame might be found by chance."""
    noise = random.Random(5).randbytes(300_000)
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstream\n" + noise)
    return path


def junk(path: Path, *, seed: int = 1, size: int = 400_000) -> Path:
    """Random bytes."""
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def sync_words(path: Path, *, size: int = 2 * MEGABYTE) -> Path:
    """Nothing but bytes that each look like the beginning of a frame."""
    path.write_bytes(b"\xff" * size)
    return path


def playlist(path: Path, target: str) -> Path:
    """A list that leads a careless reader to another file."""
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n")
    return path


_FTYP = b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00M4A isom"
