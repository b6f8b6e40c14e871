"""`show …` and `episode …` as a podcaster types them."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import select

from episodes.models import Episode, Transcript
from tests.podcast_server.cli.conftest import EMAIL, Terminal

VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nThe quay is quiet.\n"


def feed_of(terminal: Terminal) -> feedparser.FeedParserDict:
    terminal.run("member", "add", EMAIL, "--show", "harbour")
    return feedparser.parse(
        terminal.run("feed", "preview", EMAIL, "--show", "harbour").stdout.encode()
    )


def test_a_show_is_made_listed_and_changed(terminal: Terminal) -> None:
    terminal.run("show", "edit", "harbour", "--author", "Marit", "--category", "Arts/Books")
    [row] = terminal.json("show", "list")
    assert (row["slug"], row["title"]) == ("harbour", "Harbour")
    assert row["feed"].endswith("/shows/harbour/feed.xml")


def test_a_show_that_is_not_there_is_named_with_those_that_are(terminal: Terminal) -> None:
    told = terminal.run("show", "edit", "harbor", "--title", "X", code=1).output
    assert "no show “harbor”" in told
    assert "shows: harbour" in told


def test_changing_nothing_is_wrong_use(terminal: Terminal) -> None:
    terminal.run("show", "edit", "harbour", code=2)


@pytest.mark.thorough
def test_files_are_added_in_listening_order(terminal: Terminal) -> None:
    files = [terminal.audio(number) for number in (3, 1, 2)]
    added = terminal.json("episode", "add", *files, "--show", "harbour")
    assert [Path(each["file"]).name[:6] for each in added] == ["s01e01", "s01e02", "s01e03"]


def test_one_bad_file_does_not_stop_the_others(terminal: Terminal) -> None:
    bad = terminal.folder / "notes.mp3"
    bad.write_bytes(b"%PDF-1.4")
    added = terminal.json("episode", "add", bad, terminal.audio(1), "--show", "harbour", code=3)
    assert sorted(each["outcome"] for each in added) == ["added", "refused"]


def test_only_bad_files_is_a_failure(terminal: Terminal) -> None:
    bad = terminal.folder / "notes.mp3"
    bad.write_bytes(b"%PDF-1.4")
    assert "✗" in terminal.run("episode", "add", bad, "--show", "harbour", code=1).output


@pytest.mark.thorough
def test_a_transcript_beside_the_file_comes_along(terminal: Terminal) -> None:
    audio = terminal.audio(1, "talk.mp3")
    audio.with_suffix(".srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nThe quay.\n")
    terminal.run("episode", "add", audio, "--show", "harbour")
    with terminal.reading() as session:
        assert session.scalars(select(Transcript)).one().mime == "text/vtt"
    [entry] = feed_of(terminal).entries
    assert entry.podcast_transcript["type"] == "text/vtt"


def test_a_bad_transcript_costs_a_warning_and_not_the_episode(terminal: Terminal) -> None:
    audio = terminal.audio(1, "talk.mp3")
    audio.with_suffix(".vtt").write_bytes(b"\x00\xff\x00")
    [added] = terminal.json("episode", "add", audio, "--show", "harbour")
    assert added["outcome"] == "added"
    assert any("talk.vtt is not used" in warning for warning in added["warnings"])


def test_chapters_beside_the_file_win_over_its_tags(terminal: Terminal) -> None:
    audio = terminal.audio(1, "talk.mp3")
    chapters = {"version": "1.2.0", "chapters": [{"startTime": 3, "title": "Mine"}]}
    (terminal.folder / "talk.chapters.json").write_text(json.dumps(chapters))
    terminal.run("episode", "add", audio, "--show", "harbour")
    with terminal.reading() as session:
        [chapter] = session.scalars(select(Episode)).one().chapters
    assert chapter["title"] == "Mine"


@pytest.mark.thorough
def test_transcript_and_chapters_can_be_given_later(terminal: Terminal) -> None:
    [added] = terminal.json("episode", "add", terminal.audio(1), "--show", "harbour")
    words, marks = terminal.folder / "w.vtt", terminal.folder / "c.json"
    words.write_text(VTT)
    marks.write_text('{"version": "1.2.0", "chapters": [{"startTime": 1, "title": "Bell"}]}')
    files = ("--transcript", words, "--chapters", marks)
    told = terminal.run("episode", "edit", added["key"], *files).output
    assert "chapters, transcript" in told
    with terminal.reading() as session:
        episode = session.scalars(select(Episode)).one()
        assert len(episode.transcripts) == 1
        assert [each["title"] for each in episode.chapters] == ["Bell"]


def test_a_transcript_that_is_none_changes_nothing(terminal: Terminal) -> None:
    [added] = terminal.json("episode", "add", terminal.audio(1), "--show", "harbour")
    words = terminal.folder / "w.vtt"
    words.write_bytes(b"\x00\xff")
    terminal.run("episode", "edit", added["key"], "--transcript", words, code=1)


@pytest.mark.thorough
def test_new_audio_keeps_guid_and_page(terminal: Terminal) -> None:
    [added] = terminal.json("episode", "add", terminal.audio(1), "--show", "harbour")
    before = feed_of(terminal).entries[0]
    terminal.run("episode", "replace-audio", added["key"], terminal.audio(2))
    after = feed_of(terminal).entries[0]
    assert (after.id, after.title) == (before.id, before.title)
    assert after.enclosures[0].length != before.enclosures[0].length


@pytest.mark.thorough
def test_withdrawing_asks_first(terminal: Terminal) -> None:
    [added] = terminal.json("episode", "add", terminal.audio(1), "--show", "harbour")
    terminal.run("episode", "withdraw", added["key"], typed="n\n", code=1)
    assert len(feed_of(terminal).entries) == 1
    terminal.run("episode", "withdraw", added["key"], typed="y\n")
    assert feed_of(terminal).entries == []
    terminal.run("episode", "publish", added["key"])
    assert len(feed_of(terminal).entries) == 1


@pytest.mark.thorough
def test_a_time_to_come_schedules(terminal: Terminal) -> None:
    later = ("--publish-at", "2099-01-01 09:00")
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour", *later)
    [row] = terminal.json("episode", "list", "--show", "harbour")
    assert row["status"] == "scheduled"
    assert feed_of(terminal).entries == []


def test_members_first_and_public_later(terminal: Terminal) -> None:
    later = ("--public-at", "2099-01-01 09:00")
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour", *later)
    [row] = terminal.json("episode", "list", "--show", "harbour")
    assert row["public_from"].startswith("2099-01-01T09:00")


@pytest.mark.parametrize("word", ["everybody", "tier:gold"])
def test_an_audience_that_is_not_there_is_refused(terminal: Terminal, word: str) -> None:
    audio = terminal.audio(1)
    done = terminal.run(
        "episode", "add", audio, "--show", "harbour", "--audience", word,
        code=2 if word == "everybody" else 1,
    )  # fmt: skip
    assert word.removeprefix("tier:") in done.output


@pytest.mark.thorough
def test_a_new_member_s_feed_begins_with_the_podcaster_s_welcome(terminal: Terminal) -> None:
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour")
    terminal.run("show", "announcement", "harbour", "welcome", terminal.audio(2))
    [clip, episode] = feed_of(terminal).entries
    assert clip.title == "Welcome to Harbour"
    assert clip.enclosures[0].type == "audio/mpeg"
    assert (
        "There was"
        not in terminal.run("show", "announcement", "harbour", "welcome", "--remove").output
    )
    assert [each.title for each in feed_of(terminal).entries] == [episode.title]


def test_an_announcement_needs_a_file_or_its_removal(terminal: Terminal) -> None:
    terminal.run("show", "announcement", "harbour", "ended", code=2)
    terminal.run("show", "announcement", "harbour", "ended", terminal.audio(1), "--remove", code=2)
    assert "none" in terminal.run("show", "announcement", "harbour", "ended", "--remove").output


@pytest.mark.thorough
def test_a_preview_is_cut_and_taken_away(terminal: Terminal) -> None:
    [added] = terminal.json("episode", "add", terminal.audio(1), "--show", "harbour")
    told = terminal.run("episode", "preview", added["key"], "--from", "0:01", "--to", "0:04")
    assert "a preview of 3 s" in told.output
    assert "no preview" in terminal.run("episode", "preview", added["key"], "--remove").output
    terminal.run("episode", "preview", added["key"], "--to", "soon", code=1)


def test_where_to_give_and_where_a_show_is_elsewhere(terminal: Terminal) -> None:
    terminal.run("show", "create", "Harbour Notes", "--slug", "harbour-2")
    words = ("--funding-url", "https://give.example", "--funding-text", "Buy us a coffee")
    places = (
        "--elsewhere",
        "Mastodon=https://sea.example/@x",
        "--elsewhere",
        "https://v.example/?a=b",
    )
    terminal.run("show", "edit", "harbour-2", *words, *places)
    [row] = [each for each in terminal.json("show", "list") if each["slug"] == "harbour-2"]
    assert (row["funding_url"], row["funding_text"]) == ("https://give.example", "Buy us a coffee")
    assert row["links"] == [
        {"text": "Mastodon", "url": "https://sea.example/@x"},
        {"text": "v.example", "url": "https://v.example/?a=b"},
    ]
    terminal.run("show", "edit", "harbour-2", "--elsewhere", "", "--funding-url", "")
    [row] = [each for each in terminal.json("show", "list") if each["slug"] == "harbour-2"]
    assert (row["links"], row["funding_url"]) == ([], "")
    terminal.run("show", "edit", "harbour-2", "--elsewhere", "x=ftp://a.example", code=1)
