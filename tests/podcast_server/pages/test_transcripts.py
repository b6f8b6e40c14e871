"""Transcripts of every kind become paragraphs; nonsense becomes nothing, never an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.pages.public.episode.transcript import Cue, paragraphs, read_cues

VTT = """WEBVTT - a title

NOTE a comment

intro
00:00.500 --> 00:02.000 align:left
<v.loud Ada Lovelace>Good morning.

01:00:01.250 --> 01:00:02.000
<c.yellow>Later</c> &lt;b&gt;
"""
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nOne\r\nline\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nTwo\r\n"


def test_webvtt_keeps_times_voices_and_words() -> None:
    assert read_cues(VTT.encode(), "text/vtt") == [
        Cue(0.5, 2.0, "Ada Lovelace", "Good morning."),
        Cue(3601.25, 3602.0, "", "Later <b>"),
    ]


def test_subrip_is_read_with_its_commas_and_line_ends() -> None:
    assert read_cues(SRT.encode(), "application/x-subrip") == [
        Cue(1.0, 2.5, "", "One line"),
        Cue(3.0, 4.0, "", "Two"),
    ]


def test_json_of_the_podcast_namespace_is_read() -> None:
    text = '{"version":"1.0.0","segments":[{"speaker":"Ada","startTime":1,"endTime":2.5,"body":"Hi"},7]}'
    assert read_cues(text.encode(), "application/json") == [Cue(1.0, 2.5, "Ada", "Hi")]


def test_plain_text_has_paragraphs_but_no_times() -> None:
    assert read_cues(b"One\n\nTwo\n", "text/plain") == [
        Cue(None, None, "", "One"),
        Cue(None, None, "", "Two"),
    ]


def test_a_paragraph_ends_with_its_speaker_or_with_a_pause() -> None:
    cues = [
        Cue(0, 1, "Ada", "a"),
        Cue(1, 2, "Ada", "b"),
        Cue(2, 3, "Ben", "c"),
        Cue(9, 10, "Ben", "d"),
    ]
    assert [[cue.text for cue in each] for each in paragraphs(cues)] == [["a", "b"], ["c"], ["d"]]


@pytest.mark.parametrize(
    "mime", ["text/vtt", "application/x-subrip", "application/json", "text/plain"]
)
@given(data=st.binary(max_size=400))
def test_nonsense_is_never_an_error(mime: str, data: bytes) -> None:
    for paragraph in paragraphs(read_cues(data, mime)):
        assert paragraph
