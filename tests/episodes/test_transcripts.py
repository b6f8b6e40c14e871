"""Transcripts: each format read and written, from one to another, and hostile files."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.transcripts import (
    FORMATS,
    Cue,
    TranscriptRefused,
    convert_transcript,
    find_format,
    read_transcript,
    words_of,
    write_transcript,
)
from episodes.transcripts.cues import MAX_BYTES

VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE
00:00:09.000 --> 00:00:10.000
This was cut.

intro
00:00.500 --> 00:03.000 align:start position:10%
<v.loud Marit Solberg>Hello &amp; <i>welcome</i>
to the <00:02.000>harbour.</v>

00:03.000 --> 00:05.250
<v Marit>Who?</v>
<v Ola>Me.

01:00:05.250 --> 01:00:07.000
5 &lt; 6 --&gt; true
"""

SRT = """\ufeff1
00:00:00,500 --> 00:00:03,000
Marit Solberg: Hello & <i>welcome</i>
to the harbour.

2
00:00:03,000 --> 00:00:05,250
{\\an8}at 10:30: we left
"""

CUES = (
    Cue(0.5, 3.0, "Marit Solberg", "Hello & welcome to the harbour."),
    Cue(3.0, 5.25, "Ola", "5 < 6 --> true <v Marit>&copy;"),
    Cue(3600.0, 3601.0, "", "The end."),
)


def test_webvtt_is_read_with_voices_and_without_markup() -> None:
    assert read_transcript(VTT.encode(), "text/vtt") == (
        Cue(0.5, 3.0, "Marit Solberg", "Hello & welcome to the harbour."),
        Cue(3.0, 5.25, "Marit", "Who?"),
        Cue(3.0, 5.25, "Ola", "Me."),
        Cue(3605.25, 3607.0, "", "5 < 6 --> true"),
    )


def test_subrip_is_read_with_its_speakers() -> None:
    assert read_transcript(SRT.encode(), "application/x-subrip") == (
        Cue(0.5, 3.0, "Marit Solberg", "Hello & welcome to the harbour."),
        Cue(3.0, 5.25, "", "at 10:30: we left"),
    )


def test_json_is_read() -> None:
    document = {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ola", "startTime": 3, "endTime": 4.5, "body": "Later\n"},
            {"speaker": None, "startTime": 0.5, "body": "First"},
            {"startTime": 5, "endTime": 2, "body": "Backwards"},
            {"startTime": 6, "body": "  "},
            "odd",
        ],
    }
    assert read_transcript(json.dumps(document).encode(), "application/json") == (
        Cue(0.5, None, "", "First"),
        Cue(3.0, 4.5, "Ola", "Later"),
        Cue(5.0, None, "", "Backwards"),
    )


def test_plain_text_is_read_by_paragraphs() -> None:
    text = b"Marit: Hello\nthere.\n\n \nJust words.\r\n\r\nSpeaker 1: Bye."
    assert read_transcript(text, "text/plain") == (
        Cue(None, None, "Marit", "Hello there."),
        Cue(None, None, "", "Just words."),
        Cue(None, None, "Speaker 1", "Bye."),
    )


@pytest.mark.parametrize("mime", ["text/vtt", "application/json"])
def test_nothing_is_lost_in(mime: str) -> None:
    assert read_transcript(write_transcript(CUES, mime), mime) == CUES


def test_webvtt_is_escaped_and_wrapped() -> None:
    long = Cue(0, 1, "A<b", "word " * 30 + "-->")
    written = write_transcript([long], "text/vtt").decode()
    assert written.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v A&lt;b>word ")
    assert written.count("-->") == 1
    assert all(len(line) <= 65 + 20 for line in written.splitlines())


def test_subrip_has_short_lines_and_no_arrow_in_the_words() -> None:
    written = write_transcript(CUES, "application/x-subrip").decode()
    assert written.startswith(
        "1\n00:00:00,500 --> 00:00:03,000\nMarit Solberg: Hello & welcome\nto the harbour.\n\n2\n"
    )
    assert written.count("-->") == len(CUES)


def test_a_missing_end_is_where_the_next_begins() -> None:
    cues = [Cue(0, None, "", "a"), Cue(1.5, None, "", "b"), Cue(60, None, "", "c")]
    written = write_transcript(cues, "text/vtt").decode()
    assert [line for line in written.splitlines() if "-->" in line] == [
        "00:00:00.000 --> 00:00:01.500",
        "00:00:01.500 --> 00:00:04.500",
        "00:01:00.000 --> 00:01:03.000",
    ]


def test_one_format_becomes_another() -> None:
    assert convert_transcript(SRT.encode(), "talk.SRT", "text/vtt").decode() == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:03.000\n"
        "<v Marit Solberg>Hello &amp; welcome to the harbour.\n\n"
        "00:00:03.000 --> 00:00:05.250\nat 10:30: we left\n"
    )
    assert convert_transcript(SRT.encode(), ".srt", ".txt").startswith(b"Marit Solberg: Hello")


def test_words_name_a_speaker_once_for_all_they_say() -> None:
    cues = [Cue(0, 1, "Ola", "a"), Cue(1, 2, "Ola", "b"), Cue(2, 3, "Marit", "c")]
    assert words_of(cues) == "Ola: a\nb\nMarit: c"


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("talk.VTT", b"", "text/vtt"),
        ("application/srt", b"", "application/x-subrip"),
        ("text/vtt; charset=utf-8", b"", "text/vtt"),
        ("talk.json", b"", "application/json"),
        ("", b"\xef\xbb\xbfWEBVTT\n", "text/vtt"),
        ("", b' {"segments"', "application/json"),
        ("", b"1\n00:00:00,000 --> 00:00:01,000\nx", "application/x-subrip"),
    ],
)
def test_the_format_is_known_by_name_type_or_beginning(name: str, data: bytes, mime: str) -> None:
    assert find_format(name, data) is FORMATS[mime]


@pytest.mark.parametrize(
    ("data", "mime", "reason"),
    [
        (b"WEBVTT\n\n", "text/vtt", "no words"),
        (b"just words", "application/x-subrip", "no words"),
        (b"", "text/plain", "no words"),
        (b"{}", "application/json", "no list of segments"),
        (b"[" * 100_000, "application/json", "not JSON"),
        (b'{"segments": []}', "application/json", "no words"),
        (b'{"segments": [{"body": 1%s}]}' % (b"0" * 5000), "application/json", "not JSON"),
        (b"caf\xe9", "text/plain", "save it as UTF-8"),
        (b"\xff\xfe\x00", "text/plain", "save it as UTF-8"),
        (b"words", "talk.docx", "can be .vtt, .srt, .json or .txt"),
        (b"x\n\n" * 60_000, "text/plain", "more than 50000"),
        (b" " * (MAX_BYTES + 1), "text/plain", "larger than 8 MB"),
    ],
)
def test_what_is_no_transcript_is_refused_with_the_reason(
    data: bytes, mime: str, reason: str
) -> None:
    with pytest.raises(TranscriptRefused, match=reason):
        read_transcript(data, mime)


def test_subtitles_need_times() -> None:
    with pytest.raises(TranscriptRefused, match="without times"):
        convert_transcript(b"Just words.", "text/plain", "text/vtt")


def test_utf_16_is_read_where_the_file_says_so() -> None:
    assert read_transcript("Blåbær".encode("utf-16"), "text/plain")[0].text == "Blåbær"


@pytest.mark.parametrize(
    "data",
    [
        b"00:00:01.000 --> 00:00:02.000\n<v" + b" " * 1_000_000,
        b"00:00:01.000 --> 00:00:02.000\n" + b"<" * 1_000_000,
        b"00:00:01.000 --> 00:00:02.000\n" + b"<v x>" * 20_000,
        b"00:00:01.000 --> 00:00:02.000\n" + b"&#" * 500_000,
        b"\n" + b" " * 1_000_000,
        b"\n \t" * 500_000,
        b"1:" * 500_000,
        b"A " * 500_000 + b":",
        b"00:00:01.000" + b" " * 1_000_000 + b"-->",
        b"{\\" * 500_000,
    ],
    ids=range(10),
)
@pytest.mark.timeout(20)
def test_a_file_made_to_keep_the_reader_busy_does_not(data: bytes) -> None:
    for mime in FORMATS:
        try:
            read_transcript(data, mime)
        except TranscriptRefused:
            continue


TIMES = st.sampled_from(
    ["00:01.000 --> 00:02.000", "00:00:01,5 --> 00:00:02,000", "9999:99:99.999 --> 0:00.1"]
)
LINES = st.lists(
    st.one_of(
        TIMES,
        st.sampled_from(["", "WEBVTT", "NOTE", "<v A>b</v>", "&lt;", "Ann: hi", "1", "\x00", "\r"]),
        st.text(max_size=12),
    ),
    max_size=12,
).map("\n".join)
KEYS = st.sampled_from(["segments", "body", "startTime", "endTime", "speaker"])
SEGMENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)
CUE_LISTS = st.lists(
    st.builds(
        Cue,
        st.integers(0, 10_000).map(lambda n: n / 8),
        st.integers(10_001, 20_000).map(lambda n: n / 8),
        st.text(max_size=12),
        st.text(max_size=90).map("x {}\n\n9:00.0 --> 9:01.0\nx".format),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(data=LINES.map(str.encode) | st.binary(max_size=200), mime=st.sampled_from(list(FORMATS)))
def test_any_bytes_are_read_or_refused(data: bytes, mime: str) -> None:
    try:
        cues = read_transcript(data, mime)
    except TranscriptRefused:
        return
    for to in FORMATS:
        try:
            write_transcript(cues, to)
        except TranscriptRefused:
            assert FORMATS[to].timed
            assert any(cue.start is None for cue in cues)


@pytest.mark.thorough
@settings(max_examples=200, deadline=None)
@given(SEGMENTS)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(TranscriptRefused):
        read_transcript(json.dumps({"segments": [value]}).encode(), "application/json")


@pytest.mark.thorough
@settings(max_examples=200, deadline=None)
@given(CUE_LISTS)
def test_hostile_words_survive_webvtt_and_bring_no_cues_of_their_own(cues: list[Cue]) -> None:
    ordered = read_transcript(write_transcript(cues, "application/json"), "application/json")
    assert read_transcript(write_transcript(ordered, "text/vtt"), "text/vtt") == ordered
    subrip = read_transcript(write_transcript(ordered, ".srt"), ".srt")
    assert len(subrip) <= len(ordered)
    assert {(c.start, c.end) for c in subrip} <= {(c.start, c.end) for c in ordered}
