"""Cover art by Apple's rules: square, 1400 to 3000 pixels, RGB, JPEG or PNG.

Images come from strangers' files, so they are decoded with a bound on pixels and written
anew: whatever else was hidden in the file does not survive.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from episodes.errors import EpisodeError

SMALLEST, LARGEST = 1400, 3000
# Of a person or a chapter, which apps show small: the shorter and the longer side.
SMALLEST_PICTURE, LARGEST_PICTURE = 150, 1400
# Of a site: pixels from top to bottom, and how many times as wide as high.
SMALLEST_LOGO, LOGO_HEIGHT, WIDEST_LOGO = 48, 96, 6
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_PUBLISHED_BYTES = 512 * 1024  # Apple's recommendation, so that apps load it on mobile data


class ArtworkRefused(EpisodeError):
    """The image cannot be a cover; the text says why."""


@dataclass(frozen=True, slots=True)
class Artwork:
    """A finished picture: JPEG bytes, its shorter side in pixels, and the hash that names it."""

    data: bytes
    side: int
    sha256: str
    extension: str = "jpg"
    mime: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Logo:
    """A finished logo: PNG bytes, pixels, and the hash that names it."""

    data: bytes
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Square:
    """Which square of an image to take: corner and side as fractions, the side of the width."""

    left: float
    top: float
    side: float


def prepare_artwork(data: bytes, *, crop: bool = False, square: Square | None = None) -> Artwork:
    """Check and, where needed, shrink an image. ``crop`` cuts the ``square`` or the middle out.

    Raises ArtworkRefused with what to change.
    """
    if len(data) > MAX_BYTES:
        raise ArtworkRefused("the image is larger than 20 MB: save it as JPEG")
    image = _decode(data)
    if crop and square is not None:
        image = _cut_out(image, square)
    width, height = image.size
    side = min(width, height)
    if side < SMALLEST:
        raise ArtworkRefused(
            f"the image is {width} × {height} pixels; podcast apps need at least 1400 × 1400"
        )
    if width != height:
        if not crop:
            raise ArtworkRefused(f"the image is {width} × {height} pixels; a cover is square")
        left, top = (width - side) // 2, (height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    if side > LARGEST:
        image = image.resize((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    encoded = _encode(image)
    return Artwork(encoded, image.size[0], hashlib.sha256(encoded).hexdigest())


def prepare_picture(data: bytes, *, square: bool = False) -> Artwork:
    """Check and shrink a picture of a person or a chapter; ``square`` cuts the middle out.

    Raises ArtworkRefused with what to change.
    """
    if len(data) > MAX_BYTES:
        raise ArtworkRefused("the image is larger than 20 MB: save it as JPEG")
    image = _decode(data)
    width, height = image.size
    side = min(width, height)
    if side < SMALLEST_PICTURE:
        raise ArtworkRefused(f"the image is {width} × {height} pixels; it needs at least 150 × 150")
    if square:
        left, top = (width - side) // 2, (height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    image.thumbnail((LARGEST_PICTURE, LARGEST_PICTURE), Image.Resampling.LANCZOS)
    encoded = _encode(image)
    return Artwork(encoded, min(image.size), hashlib.sha256(encoded).hexdigest())


def prepare_logo(data: bytes) -> Logo:
    """Check a logo and write it anew, no higher than headers need it; what is clear stays clear.

    Raises ArtworkRefused with what to change.
    """
    if len(data) > MAX_BYTES:
        raise ArtworkRefused("the image is larger than 20 MB: save it as JPEG")
    image = _opened(data)
    width, height = image.size
    if height < SMALLEST_LOGO:
        raise ArtworkRefused(f"the image is {width} × {height} pixels; a logo is at least 48 high")
    if not height <= width <= WIDEST_LOGO * height:
        raise ArtworkRefused(
            f"the image is {width} × {height} pixels; a logo is square, or up to six times as wide"
        )
    image = image.convert("RGBA" if _is_clear(image) else "RGB")
    image.thumbnail((WIDEST_LOGO * LOGO_HEIGHT, LOGO_HEIGHT), Image.Resampling.LANCZOS)
    image.info.clear()
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    encoded = buffer.getvalue()
    return Logo(encoded, *image.size, hashlib.sha256(encoded).hexdigest())


def _cut_out(image: Image.Image, square: Square) -> Image.Image:
    width, height = image.size
    side = max(1, min(round(square.side * width), width, height))
    left = min(max(0, round(square.left * width)), width - side)
    top = min(max(0, round(square.top * height)), height - side)
    return image.crop((left, top, left + side, top + side))


def _decode(data: bytes) -> Image.Image:
    flat = _flatten(_opened(data))
    flat.info.clear()  # a comment would be written into the new file
    return flat


def _opened(data: bytes) -> Image.Image:
    """The image as browsers show it, whatever the file says. Raises ArtworkRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"])
            if image.size[0] * image.size[1] > MAX_PIXELS:
                raise ArtworkRefused("the image has too many pixels: 3000 × 3000 is plenty")
            image.load()
            return ImageOps.exif_transpose(image)  # as the crop tool shows it, too
    except (UnidentifiedImageError, Image.DecompressionBombError, Warning) as error:
        raise ArtworkRefused("this is not a JPEG, PNG or WebP image") from error
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error) as error:
        raise ArtworkRefused("the image is damaged: save it again as JPEG or PNG") from error


def _is_clear(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "P", "PA"}:
        rgba = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(rgba, mask=rgba.getchannel("A"))
        return ground
    return image.convert("RGB")


def _encode(image: Image.Image) -> bytes:
    for quality in (90, 82, 72, 60):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True, dpi=(72, 72))
        if buffer.tell() <= MAX_PUBLISHED_BYTES:
            break
    return buffer.getvalue()
