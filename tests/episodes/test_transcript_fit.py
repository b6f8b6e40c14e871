"""Whether a transcript is as long as its audio."""

from __future__ import annotations

import pytest

from episodes.transcripts import read_transcript
from episodes.transcripts.fit import last_words, misfit


@pytest.mark.parametrize(
    ("ends", "duration", "said"),
    [
        (601.0, 600.0, ""),
        (603.0, 600.0, "beyond"),
        (545.0, 600.0, ""),
        (530.0, 600.0, "early"),
        (3300.0, 3600.0, ""),  # five minutes of music at the end of an hour
        (3200.0, 3600.0, "early"),
        (None, 600.0, ""),
        (30.0, None, ""),
    ],
)
def test_words_may_end_a_little_after_the_audio_and_some_while_before(
    ends: float | None, duration: float | None, said: str
) -> None:
    assert misfit(ends, duration) == said


def test_the_last_words_are_those_that_end_last() -> None:
    data = b"WEBVTT\n\n00:01.000 --> 00:09.500\nLong\n\n00:02.000 --> 00:03.000\nShort\n"
    assert last_words(read_transcript(data, "text/vtt")) == 9.5


def test_words_without_times_end_nowhere() -> None:
    assert last_words(read_transcript(b"Just words.", "text/plain")) is None
