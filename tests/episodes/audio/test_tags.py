"""Titles, numbers, covers and chapters, as each format writes them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ID3,
    TALB,
    TDES,
    TDRC,
    TIT2,
    TPE1,
    TPOS,
    TRCK,
    TXXX,
    WXXX,
)
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from episodes.audio.child.examine import examine
from episodes.audio.facts import AudioTags
from tests.episodes.audio.conftest import SHORT, Sample
from tests.samples.audio import nero_chapters, quicktime_chapters, record

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"
SAID = AudioTags(
    title="Titel – ☃",
    artist="Mara Quill",
    album="Field Notes",
    date="2026-09-04",
    track=7,
    season=2,
    comment="In short",
    description="At length",
)
THREE = [(0.0, 1.0, "One"), (1.0, 2.0, "Two"), (2.0, 3.0, "Drei – ☃")]


def own(sample: Sample, folder: Path, form: str) -> Path:
    path = folder / f"own.{form}"
    path.write_bytes(sample(form, SHORT).read_bytes())
    return path


def tag_id3(path: Path, *frames: Any) -> Path:
    id3 = ID3()
    for frame in frames:
        id3.add(frame)
    id3.save(path)
    return path


def said_in_id3() -> list[Any]:
    return [
        TIT2(text=[SAID.title]),
        TPE1(text=[SAID.artist]),
        TALB(text=[SAID.album]),
        TDRC(text=[SAID.date]),
        TRCK(text=["7/12"]),
        TPOS(text=["2"]),
        COMM(lang="eng", desc="", text=[SAID.comment]),
        TDES(text=[SAID.description]),
    ]


def vorbis_comments() -> dict[str, str]:
    return {
        "TITLE": SAID.title,
        "ARTIST": SAID.artist,
        "ALBUM": SAID.album,
        "DATE": SAID.date,
        "TRACKNUMBER": "7",
        "SEASON": "2",
        "COMMENT": SAID.comment,
        "DESCRIPTION": SAID.description,
    }


@pytest.mark.parametrize("form", ["mp3", "aac"])
def test_id3_tells_everything(sample: Sample, tmp_path: Path, form: str) -> None:
    assert examine(tag_id3(own(sample, tmp_path, form), *said_in_id3())).tags == SAID


def test_the_id3_chunk_of_a_wav_tells_everything(sample: Sample, tmp_path: Path) -> None:
    wave: Any = WAVE(own(sample, tmp_path, "wav"))
    wave.add_tags()
    for frame in said_in_id3():
        wave.tags.add(frame)
    wave.save()
    assert examine(tmp_path / "own.wav").tags == SAID


def test_the_info_list_of_a_wav_tells_what_it_can(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", "wav", metadata={"title": "Title", "artist": "Mara"})
    tags = examine(path).tags
    assert (tags.title, tags.artist) == ("Title", "Mara")


def test_mp4_atoms_tell_everything(sample: Sample, tmp_path: Path) -> None:
    mp4: Any = MP4(own(sample, tmp_path, "m4a"))
    mp4["©nam"], mp4["©ART"], mp4["©alb"] = SAID.title, SAID.artist, SAID.album
    mp4["©day"], mp4["©cmt"], mp4["ldes"] = SAID.date, SAID.comment, SAID.description
    mp4["trkn"], mp4["tvsn"] = [(7, 12)], [2]
    mp4.save()
    assert examine(tmp_path / "own.m4a").tags == SAID


@pytest.mark.parametrize(("form", "kind"), [("flac", FLAC), ("ogg", OggVorbis), ("opus", OggOpus)])
def test_vorbis_comments_tell_everything(
    sample: Sample, tmp_path: Path, form: str, kind: Any
) -> None:
    audio = kind(own(sample, tmp_path, form))
    audio.update(vorbis_comments())
    audio.save()
    assert examine(tmp_path / f"own.{form}").tags == SAID


def test_a_file_without_tags_says_nothing(sample: Sample) -> None:
    facts = examine(sample("mp3", SHORT))
    assert facts.tags == AudioTags()
    assert facts.chapters == ()


def test_an_old_id3v1_tag_is_read(mp3: Path) -> None:
    old = b"TAG" + b"Title".ljust(30, b"\0") + b"Mara".ljust(30, b"\0") + bytes(65)
    mp3.write_bytes(mp3.read_bytes() + old)
    tags = examine(mp3).tags
    assert (tags.title, tags.artist) == ("Title", "Mara")


def test_the_notes_that_itunes_keeps_for_itself_are_no_comment(mp3: Path) -> None:
    private = COMM(lang="eng", desc="iTunNORM", text=["00000A2F 00000A2F"])
    public = COMM(lang="eng", desc="note", text=["For people"])
    assert examine(tag_id3(mp3, private, public)).tags.comment == "For people"


def test_a_comment_as_ffmpeg_writes_it_is_read(mp3: Path) -> None:
    assert examine(tag_id3(mp3, TXXX(desc="comment", text=["In short"]))).tags.comment == "In short"


@pytest.mark.parametrize(
    ("track", "number"), [("0", None), ("", None), ("A1", None), ("12/0", 12), (" 3 ", 3)]
)
def test_odd_track_numbers(mp3: Path, track: str, number: int | None) -> None:
    assert examine(tag_id3(mp3, TRCK(text=[track]))).tags.track == number


@pytest.mark.parametrize("form", ["mp3", "m4a", "flac", "ogg", "opus"])
def test_the_cover_is_found(sample: Sample, tmp_path: Path, form: str) -> None:
    path = own(sample, tmp_path, form)
    _add_cover(path, form)
    cover = examine(path).tags.cover
    assert cover is not None
    assert (cover.data, cover.mime) == (JPEG, "image/jpeg")


def _add_cover(path: Path, form: str) -> None:
    picture = Picture()
    picture.data, picture.type, picture.mime = JPEG, 3, "image/jpeg"
    if form == "mp3":
        back = APIC(mime="image/png", type=4, desc="back", data=b"back")
        tag_id3(path, back, APIC(mime="image/jpeg", type=3, desc="front", data=JPEG))
    elif form == "m4a":
        mp4: Any = MP4(path)
        mp4["covr"] = [MP4Cover(JPEG, MP4Cover.FORMAT_JPEG)]
        mp4.save()
    elif form == "flac":
        flac: Any = FLAC(path)
        flac.add_picture(picture)
        flac.save()
    else:
        ogg: Any = (OggVorbis if form == "ogg" else OggOpus)(path)
        ogg["metadata_block_picture"] = base64.b64encode(picture.write()).decode()
        ogg.save()


def test_a_cover_larger_than_12_megabytes_is_left_out_and_said_so(
    sample: Sample, tmp_path: Path
) -> None:
    flac: Any = FLAC(own(sample, tmp_path, "flac"))
    picture = Picture()
    picture.data, picture.type, picture.mime = bytes(13 * 1024 * 1024), 3, "image/png"
    flac.add_picture(picture)
    flac.save()
    facts = examine(tmp_path / "own.flac")
    assert facts.tags.cover is None
    assert "cover_too_large" in facts.warnings


def chapter(name: str, start: int, title: str, *more: Any) -> CHAP:
    return CHAP(
        element_id=name,
        start_time=start,
        end_time=start + 1000,
        sub_frames=[TIT2(text=[title]), *more],
    )


def titles(path: Path) -> list[str]:
    return [found.title for found in examine(path).chapters]


def test_id3_chapters_have_times_titles_links_and_pictures(mp3: Path) -> None:
    link = WXXX(desc="", url="https://example.org/one")
    image = APIC(mime="image/jpeg", type=3, desc="", data=JPEG)
    found = examine(tag_id3(mp3, chapter("a", 500, "Eins – ☃", link, image))).chapters
    assert len(found) == 1
    assert (found[0].start, found[0].end, found[0].title) == (0.5, 1.5, "Eins – ☃")
    assert found[0].url == "https://example.org/one"
    assert found[0].image is not None
    assert found[0].image.data == JPEG


def test_chapters_stand_in_the_order_of_the_top_table_of_contents(mp3: Path) -> None:
    inner = CTOC(element_id="inner", flags=1, child_element_ids=["c", "a"])
    top = CTOC(element_id="top", flags=3, child_element_ids=["b", "inner"])
    chapters = [chapter("a", 0, "A"), chapter("b", 1000, "B"), chapter("c", 2000, "C")]
    assert titles(tag_id3(mp3, inner, top, *chapters)) == ["B", "C", "A"]


def test_without_a_table_of_contents_time_orders_chapters(mp3: Path) -> None:
    assert titles(tag_id3(mp3, chapter("a", 2000, "Late"), chapter("b", 0, "Early"))) == [
        "Early",
        "Late",
    ]


def test_tables_of_contents_in_a_ring_end(mp3: Path) -> None:
    top = CTOC(element_id="top", flags=3, child_element_ids=["next", "a"])
    ring = CTOC(element_id="next", flags=1, child_element_ids=["top", "next"])
    assert titles(tag_id3(mp3, top, ring, chapter("a", 0, "A"))) == ["A"]


def test_a_table_of_contents_that_lists_nothing_there_is_ignored(mp3: Path) -> None:
    top = CTOC(element_id="top", flags=3, child_element_ids=["gone"])
    assert titles(tag_id3(mp3, top, chapter("a", 0, "A"))) == ["A"]


def test_a_chapter_after_the_end_is_left_out(mp3: Path) -> None:
    path = tag_id3(mp3, chapter("a", 0, "A"), chapter("b", 3_600_000, "B"))
    assert titles(path) == ["A"]


def test_more_than_a_thousand_chapters_are_not_taken(mp3: Path) -> None:
    assert len(titles(tag_id3(mp3, *(chapter(f"c{n}", n, f"{n}") for n in range(1200))))) == 1000


def test_chapter_pictures_are_taken_up_to_12_megabytes(mp3: Path) -> None:
    image = APIC(mime="image/png", type=3, desc="", data=bytes(5 * 1024 * 1024))
    facts = examine(tag_id3(mp3, *(chapter(f"c{n}", n * 500, f"{n}", image) for n in range(3))))
    assert [bool(found.image) for found in facts.chapters] == [True, True, False]
    assert facts.warnings == ("chapter_images_too_large",)


def test_quicktime_chapters_are_read(tmp_path: Path) -> None:
    found = examine(quicktime_chapters(tmp_path / "a.m4a", THREE)).chapters
    assert [(c.start, c.end, c.title) for c in found] == THREE


def test_nero_chapters_are_read(tmp_path: Path) -> None:
    found = examine(nero_chapters(tmp_path / "a.m4a", THREE)).chapters
    assert [(c.start, c.title) for c in found] == [(start, title) for start, _, title in THREE]


@pytest.mark.parametrize(("form", "kind"), [("flac", FLAC), ("ogg", OggVorbis), ("opus", OggOpus)])
@pytest.mark.parametrize("first", [0, 1])
def test_chapters_in_vorbis_comments_are_read(
    sample: Sample, tmp_path: Path, form: str, kind: Any, first: int
) -> None:
    audio = kind(own(sample, tmp_path, form))
    audio[f"CHAPTER{first:03d}"], audio[f"CHAPTER{first:03d}NAME"] = "00:00:00.000", "One"
    audio[f"CHAPTER{first + 1:03d}"], audio[f"CHAPTER{first + 1:03d}NAME"] = "00:00:01.5", "Two"
    audio[f"CHAPTER{first + 1:03d}URL"] = "https://example.org/two"
    audio.save()
    found = examine(tmp_path / f"own.{form}").chapters
    assert [(c.start, c.title, c.url) for c in found] == [
        (0.0, "One", None),
        (1.5, "Two", "https://example.org/two"),
    ]


def test_tags_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    path = record(tmp_path / "a.flac", "flac", metadata={"title": "MARK"})
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff\xfe\xfd\xfc"))
    assert examine(path).duration_seconds == pytest.approx(SHORT, abs=0.1)


def test_characters_that_are_none_are_left_out(sample: Sample, tmp_path: Path) -> None:
    path = own(sample, tmp_path, "m4a")
    mp4: Any = MP4(path)
    mp4["©nam"], mp4["ldes"] = ["The storm\0"], ["At\x01 length\nand more"]
    mp4.save()
    said = examine(path).tags
    assert (said.title, said.description) == ("The storm", "At length\nand more")


def test_nor_are_they_in_the_titles_of_chapters(mp3: Path) -> None:
    frame = CHAP(element_id="a", start_time=0, end_time=1, sub_frames=[TIT2(text=["Ropes\x07"])])
    assert [each.title for each in examine(tag_id3(mp3, frame)).chapters] == ["Ropes"]
