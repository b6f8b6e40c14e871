"""What a file says of itself, from a few of its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.mp4 import MP4

from episodes.audio.errors import AudioRefused
from episodes.glances import Piece, read_pieces
from episodes.uploads import UploadRefused
from tests.samples.audio import record

SAMPLE = Path("podcast_server/demo/audio/s01e01-first-light.mp3")


def test_the_head_of_an_mp3_tells_the_title_and_the_number() -> None:
    data = SAMPLE.read_bytes()
    fields = read_pieces(SAMPLE.name, len(data), [Piece(0, data[: len(data) // 2])])
    assert fields["title"] == "First light on the quay"
    assert fields["number"] == 1


def test_the_atoms_at_the_end_of_an_m4a_are_enough(tmp_path: Path) -> None:
    path = record(tmp_path / "talk.m4a", "m4a", seconds=30)
    tags = MP4(path)
    tags["©nam"] = ["The ferry"]
    tags.save()
    data = path.read_bytes()
    at = data.rindex(b"moov") - 4
    assert at > len(data) // 2
    mdat = data.index(b"mdat") - 4
    pieces = [Piece(0, data[: mdat + 16]), Piece(at, data[at:])]
    assert read_pieces("x.m4a", len(data), pieces)["title"] == "The ferry"


def test_pieces_of_another_file_are_refused() -> None:
    for piece in (Piece(-1, b"a"), Piece(10, b"a"), Piece(0, b"a" * 11)):
        with pytest.raises(UploadRefused):
            read_pieces("a.mp3", 10, [piece])


def test_what_is_no_audio_tells_nothing() -> None:
    with pytest.raises(AudioRefused):
        read_pieces("a.mp3", 10_000, [Piece(0, b"%PDF-1.4")])


@pytest.mark.thorough
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=400)), max_size=4))
def test_any_pieces_are_read_or_refused(pieces: list[tuple[int, bytes]]) -> None:
    head = Piece(0, SAMPLE.read_bytes()[:2000])
    try:
        fields = read_pieces("a.mp3", 10_000_000, [head, *(Piece(*each) for each in pieces)])
    except AudioRefused:
        return
    assert fields["title"]
