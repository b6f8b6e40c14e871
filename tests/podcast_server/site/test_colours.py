"""Whatever colour the owner likes, the words on it can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.site.colours import contrast, is_colour, stylesheet

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours)
def test_words_on_the_accent_have_enough_contrast(accent: str) -> None:
    sheet = stylesheet(accent)
    on = re.search(r"--on-accent:(#[0-9a-f]{6})", sheet)
    strong = re.findall(r"--accent-strong:(#[0-9a-f]{6})", sheet)
    assert on
    assert contrast(accent, on[1]) >= 4.2
    assert all(contrast(each, on[1]) >= 4.2 for each in strong)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#123456;}", "#1234567"])
def test_what_is_no_colour_never_becomes_css(text: str) -> None:
    assert not is_colour(text)
    with pytest.raises(ValueError, match="is no colour"):
        stylesheet(text)
