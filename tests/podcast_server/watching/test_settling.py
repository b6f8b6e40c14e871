"""Which files are complete, and which are nobody's business."""

from __future__ import annotations

import pytest

from podcast_server.watching.inbox import Seen, free_name, groups, is_ignored
from podcast_server.watching.loop import Settling


def seen(size: int, name: str = "talk.mp3", mark: object = 0) -> Seen:
    return Seen(name, size, (size, mark))


def test_a_file_is_complete_when_it_stayed_the_same_long_enough() -> None:
    settling = Settling(5)
    assert settling.complete([seen(10)], 0) == []
    assert settling.complete([seen(10)], 4.9) == []
    assert settling.complete([seen(10)], 5) == [seen(10)]


def test_a_file_that_grows_begins_to_wait_again() -> None:
    settling = Settling(5)
    settling.complete([seen(10)], 0)
    assert settling.complete([seen(20)], 6) == []
    assert settling.complete([seen(20)], 10.9) == []
    assert settling.complete([seen(20)], 11) == [seen(20)]


def test_a_file_of_the_same_size_that_is_written_anew_waits_again() -> None:
    settling = Settling(5)
    settling.complete([seen(10, mark="old")], 0)
    assert settling.complete([seen(10, mark="new")], 6) == []


def test_an_empty_file_is_never_complete() -> None:
    settling = Settling(0)
    assert settling.complete([seen(0)], 0) == []
    assert settling.complete([seen(0)], 1000) == []


def test_a_file_that_went_and_came_back_waits_anew() -> None:
    settling = Settling(5)
    settling.complete([seen(10)], 0)
    settling.complete([], 3)
    assert settling.complete([seen(10)], 6) == []


def test_without_waiting_the_first_look_is_enough() -> None:
    assert Settling(0).complete([seen(10)], 0) == [seen(10)]


@pytest.mark.parametrize(
    "name",
    [".talk.mp3", "talk.mp3.part", "talk.mp3.CRDOWNLOAD", "talk.mp3~", "x.tmp", "Thumbs.db"],
)
def test_hidden_and_unfinished_files_are_ignored(name: str) -> None:
    assert is_ignored(name)
    assert groups([name, "good.mp3"]) == {"good.mp3": []}


def test_transcripts_and_chapters_belong_to_their_audio_and_are_none_themselves() -> None:
    names = ["talk.mp3", "talk.vtt", "talk.chapters.json", "alone.srt", "notes.txt"]
    assert groups(names) == {"talk.mp3": ["talk.vtt", "talk.chapters.json"]}


def test_files_are_taken_in_the_order_people_count() -> None:
    assert list(groups(["e10.mp3", "E2.mp3", "e1.mp3"])) == ["e1.mp3", "E2.mp3", "e10.mp3"]


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = {"talk.mp3", "talk-2.mp3"}
    assert free_name("talk.mp3", taken.__contains__) == "talk-3.mp3"
    assert free_name("new.mp3", taken.__contains__) == "new.mp3"
