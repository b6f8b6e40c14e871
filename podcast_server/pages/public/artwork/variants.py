"""Covers in the widths that pages show, made once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from episodes.storage.base import Storage
from episodes.storage.small import read_bytes

WIDTHS = (96, 192, 320, 640, 960, 1280)
JPEG_QUALITY, WEBP_QUALITY = 82, 78
_NAME = re.compile(
    r"(?P<original>\d+/(?:episodes/[a-z2-7]{10}/)?(?:artwork|picture)-[0-9a-f]{32}\.(?:jpg|png))"
    r"(?P<webp>\.webp)?"
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A cover in one width and format."""

    data: bytes
    mime: str


def variant_address(key: str, size: int) -> str:
    """The address of a cover at least ``size`` pixels wide, on this site."""
    width = next((each for each in WIDTHS if each >= size), WIDTHS[-1])
    return f"/covers/{width}/{key.removeprefix('shows/')}"


def variant_set(key: str) -> str:
    """All widths as WebP, in the form of an image's ``srcset``."""
    name = key.removeprefix("shows/")
    return ", ".join(f"/covers/{width}/{name}.webp {width}w" for width in WIDTHS)


def variant(storage: Storage, folder: Path, name: str, width: int) -> Variant | None:
    """A cover in one of WIDTHS, None for other names and widths.

    A name that ends in ``.webp`` asks for WebP, else it is JPEG. Raises ObjectMissing when there
    is no such cover.
    """
    match = _NAME.fullmatch(name)
    if width not in WIDTHS or match is None:
        return None
    kind = "webp" if match["webp"] else "jpeg"
    kept = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}-{width}.{kind}"
    try:
        data = kept.read_bytes()
    except FileNotFoundError:
        data = _shrink(read_bytes(storage, f"shows/{match['original']}"), width, kind)
        _keep(kept, data)
    return Variant(data, f"image/{kind}")


def _shrink(data: bytes, width: int, kind: str) -> bytes:
    # Only finished covers are stored (episodes.artwork), so their size is bounded.
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        # A cover is square; a chapter's picture keeps its shape.
        height = max(1, round(width * image.height / image.width))
        image.draft("RGB", (width, height))  # decodes JPEG at a fraction of the size
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if kind == "webp":
        small.save(out, "WEBP", quality=WEBP_QUALITY)
    else:
        small.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}")
    temporary.write_bytes(data)
    temporary.replace(path)
