"""Pictures of strangers, made covers."""

from __future__ import annotations

import contextlib
import io
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from episodes.artwork import ArtworkRefused, prepare_artwork

ORIENTATION = 0x0112  # EXIF 2.32, tag Orientation


def picture(form: str = "JPEG", *, turned: int = 1, **more: object) -> bytes:
    """A cover whose upper half is black, held as a camera of that orientation holds it."""
    image = Image.new("RGB", (1400, 1400), "white")
    image.paste("black", (0, 0, 1400, 700))
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    kept = io.BytesIO()
    image.save(kept, form, exif=exif, **more)
    return kept.getvalue()


def test_a_picture_stands_as_its_camera_says() -> None:
    # 6: turn it by 90° clockwise, so what was above is on the right.
    made = Image.open(io.BytesIO(prepare_artwork(picture(turned=6)).data))
    red = [cast(tuple[int, ...], made.getpixel((x, 700)))[0] for x in (100, 1300)]
    assert red[0] > 200 > 60 > red[1]


def test_nothing_but_the_picture_survives() -> None:
    data = picture(comment=b"<script>secret</script>") + b"<script>secret</script>"
    made = prepare_artwork(data).data
    assert b"secret" not in made
    assert Image.open(io.BytesIO(made)).getexif() == {}


@pytest.mark.thorough
@settings(max_examples=60)
@given(st.integers(20, 400), st.binary(min_size=1, max_size=40))
def test_a_picture_with_spoilt_tags_is_made_a_cover_or_refused(at: int, junk: bytes) -> None:
    data = bytearray(picture(comment=b"x" * 200))
    data[at : at + len(junk)] = junk
    with contextlib.suppress(ArtworkRefused):
        assert prepare_artwork(bytes(data)).side == 1400
