"""Covers in the widths that pages show, made once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from pathlib import Path

from PIL import Image

from episodes.storage.base import Storage
from episodes.storage.small import read_bytes

WIDTHS = (96, 192, 320, 640, 960, 1280)
QUALITY = 82
_NAME = re.compile(r"\d+/(?:episodes/[a-z2-7]{10}/)?artwork-[0-9a-f]{32}\.(?:jpg|png)")


def variant_address(key: str, size: int) -> str:
    """The address of a cover at least ``size`` pixels wide, on this site."""
    width = next((each for each in WIDTHS if each >= size), WIDTHS[-1])
    return f"/covers/{width}/{key.removeprefix('shows/')}"


def variant(storage: Storage, folder: Path, name: str, width: int) -> bytes | None:
    """JPEG bytes of a cover in one of WIDTHS, None for other names and widths.

    Raises ObjectMissing when there is no such cover.
    """
    if width not in WIDTHS or not _NAME.fullmatch(name):
        return None
    kept = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}-{width}.jpg"
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        data = _shrink(read_bytes(storage, f"shows/{name}"), width)
        _keep(kept, data)
        return data


def _shrink(data: bytes, width: int) -> bytes:
    # Only finished covers are stored (episodes.artwork), so their size is bounded.
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        image.draft("RGB", (width, width))  # decodes JPEG at a fraction of the size
        small = image.convert("RGB").resize((width, width), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}")
    temporary.write_bytes(data)
    temporary.replace(path)
