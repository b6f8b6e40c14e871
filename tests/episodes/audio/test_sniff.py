"""Telling formats by content."""

from __future__ import annotations

import io

import pytest

from episodes.audio.child.sniff import id3_size, sniff, tags_end
from tests.episodes.audio.conftest import SHORT, Sample
from tests.samples.hostile import id3_frame, id3_tag

TAG = id3_tag(id3_frame(b"TIT2", b"\x03Title"))


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("mp3", "mp3"),
        ("aac", "aac"),
        ("m4a", "mp4"),
        ("ogg", "vorbis"),
        ("opus", "opus"),
        ("flac", "flac"),
        ("wav", "wav"),
    ],
)
def test_each_format_is_known_by_its_content(sample: Sample, form: str, kind: str) -> None:
    with sample(form, SHORT).open("rb") as file:
        assert sniff(file) == kind


@pytest.mark.parametrize("form", ["mp3", "aac", "flac"])
def test_tags_before_the_sound_do_not_hide_it(sample: Sample, form: str) -> None:
    data = sample(form, SHORT).read_bytes()
    plain = sniff(io.BytesIO(data))
    assert sniff(io.BytesIO(TAG + TAG + data)) == plain


def test_several_tags_in_a_row_are_all_stepped_over() -> None:
    assert tags_end(io.BytesIO(TAG * 3 + b"sound")) == len(TAG) * 3


def test_a_footer_belongs_to_the_tag() -> None:
    with_footer = b"ID3\x04\x00\x10" + bytes(4)
    assert id3_size(io.BytesIO(with_footer + bytes(20))) == 20


@pytest.mark.parametrize(
    "head", [b"", b"ID3", b"ID3\x04\x00\x00\xff\xff\xff\xff", b"TAG" + bytes(20)]
)
def test_what_is_no_tag_has_no_size(head: bytes) -> None:
    assert id3_size(io.BytesIO(head)) == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"plain words",
        b"OggS" + bytes(600),
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"FORM\x00\x00\x00\x00AIFF",
    ],
)
def test_other_files_are_no_audio(data: bytes) -> None:
    assert sniff(io.BytesIO(data)) is None
