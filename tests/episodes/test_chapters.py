"""Chapters: JSON Chapters 1.2 there and back, lines of text, and hostile files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.chapters import (
    MAX_BYTES,
    Chapter,
    ChaptersRefused,
    chapters_from_text,
    chapters_json,
    check_chapters,
    from_rows,
    read_chapters,
    to_rows,
    write_chapters,
)

COMPLETE = [
    Chapter(0.0, "Hello"),
    Chapter(12.5, "Boats", 60.25, "https://boats.example/", "https://boats.example/a.jpg"),
    Chapter(30.0, "", image="https://boats.example/b.jpg", toc=False),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


def file_of(*rows: Any, **fields: Any) -> bytes:
    return json.dumps({"version": "1.2.0", "chapters": list(rows)} | fields).encode()


def test_what_is_written_is_read_back() -> None:
    assert read_chapters(write_chapters(COMPLETE, title="Boats 🚣")) == COMPLETE


def test_the_file_is_as_the_namespace_asks() -> None:
    assert json.loads(write_chapters(COMPLETE, title="Boats")) == {
        "version": "1.2.0",
        "title": "Boats",
        "chapters": [
            {"startTime": 0.0, "title": "Hello"},
            {
                "startTime": 12.5,
                "title": "Boats",
                "endTime": 60.25,
                "url": "https://boats.example/",
                "img": "https://boats.example/a.jpg",
            },
            {
                "startTime": 30.0,
                "title": "",
                "img": "https://boats.example/b.jpg",
                "toc": False,
            },
        ],
    }


def test_chapters_stand_in_ascending_order() -> None:
    rows = [{"startTime": 9, "title": "b"}, {"startTime": 1, "title": "a"}]
    assert [each.title for each in from_rows(rows)] == ["a", "b"]
    assert [row["title"] for row in chapters_json(rows, title="")["chapters"]] == ["a", "b"]


def test_one_stored_row_without_a_time_does_not_cost_the_others() -> None:
    rows: list[dict[str, Any]] = [{"title": "lost"}, {"startTime": 1, "title": "a"}]
    assert chapters_json(rows, title="x")["chapters"] == [{"startTime": 1, "title": "a"}]


def test_lines_of_text_become_chapters() -> None:
    text = "Notes\n\n12:30 The storm\n0:00 Hello\n- 1:00:00 **Home**\n"
    assert chapters_from_text(text) == [
        Chapter(0.0, "Hello"),
        Chapter(750.0, "The storm"),
        Chapter(3600.0, "Home"),
    ]


def test_a_picture_without_a_title_is_a_silent_chapter() -> None:
    [chapter] = from_rows([{"startTime": 3, "img": "https://boats.example/a.jpg"}])
    assert chapter.toc is False
    assert to_rows([chapter])[0]["toc"] is False


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://boats.example/a b", None),
        ("http://boats.example/", "https://boats.example/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//boats.example/", None),
        ("mailto:a@boats.example", None),
        (7, None),
    ],
)
def test_only_addresses_on_the_web_are_kept(address: Any, kept: str | None) -> None:
    [chapter] = from_rows([{"startTime": 0, "title": "x", "url": address, "img": address}])
    assert (chapter.url, chapter.image) == (kept, kept)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not JSON Chapters"),
        (b'{"version": "2.0", "chapters": []}', "not JSON Chapters"),
        (b'{"version": "1.2.0"}', "no list"),
        (file_of(7), "chapter 1 is not an object"),
        (file_of({"title": "x"}), "chapter 1 has no startTime"),
        (file_of({"startTime": True, "title": "x"}), "chapter 1 has no startTime"),
        (file_of({"startTime": "0", "title": "x"}), "chapter 1 has no startTime"),
        (file_of({"startTime": -1, "title": "x"}), "begins outside"),
        (file_of({"startTime": 1, "title": "x", "endTime": 0.5}), "ends before it begins"),
        (file_of({"startTime": float("nan"), "title": "x"}), "not JSON"),
        (b'{"version": "1.2.0", "chapters": [{"startTime": 1e999}]}', "beyond all measure"),
        (b'{"version": "1.2.0", "chapters": [{"startTime": 1%s}]}' % (b"0" * 400), "beyond all"),
        (b'{"version": "1.2.0", "chapters": [{"startTime": 1%s}]}' % (b"0" * 5000), "not JSON"),
        (file_of(*[{"startTime": 1, "title": "x"}] * 1001), "more than 1000"),
        (b" " * (MAX_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ChaptersRefused, match=reason):
        read_chapters(data)


def test_a_chapter_beyond_the_end_is_refused_by_name() -> None:
    with pytest.raises(ChaptersRefused, match=r"chapter 2 \(“Late”\) begins outside"):
        check_chapters([Chapter(0, "Hello"), Chapter(99, "Late")], duration=60.0)
    assert check_chapters([Chapter(60.5, "Last")], duration=60.0)


def test_a_chapter_in_the_list_needs_a_title() -> None:
    with pytest.raises(ChaptersRefused, match="no title"):
        check_chapters([Chapter(0)])
    with pytest.raises(ChaptersRefused, match="more than 255"):
        check_chapters([Chapter(0, "x" * 256)])


def test_control_characters_and_lone_surrogates_leave_the_titles() -> None:
    data = b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "a\\ud800\\u0000b"}]}'
    [chapter] = read_chapters(data)
    assert chapter.title == "a b"
    assert b"a b" in write_chapters([chapter])


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        chapters = read_chapters(data)
    except ChaptersRefused:
        return
    assert read_chapters(write_chapters(chapters)) == chapters


@pytest.mark.thorough
@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["startTime", "endTime", "title", "url", "img", "toc"]),
            JSON | st.floats(0, 1000),
        ),
        max_size=5,
    )
)
def test_any_rows_are_read_or_refused(rows: list[dict[str, Any]]) -> None:
    try:
        chapters = from_rows(rows)
    except ChaptersRefused:
        return
    assert from_rows(to_rows(chapters)) == chapters


@given(st.text(max_size=300))
def test_chapters_from_any_text_are_sound(text: str) -> None:
    chapters = chapters_from_text(text)
    assert check_chapters(chapters) == chapters
