"""Notes within PSP-1: few tags, 4000 bytes, still whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.notes import notes_html
from feeds.rendering.limited_html import TAGS, limited_html


@pytest.mark.parametrize(
    ("notes", "limited"),
    [
        ("<p>As <b>it</b> is.</p>", "<p>As <b>it</b> is.</p>"),
        ("<h2>Title</h2>", "<p><strong>Title</strong></p>"),
        ("<p>one<br>two</p>", "<p>one</p><p>two</p>"),
        ("<ul><li>one<br>two</li></ul>", "<ul><li>one two</li></ul>"),
        ("<blockquote><p>so <code>x &lt; y</code></p></blockquote>", "<p>so x &lt; y</p>"),
        ("<pre><code>a</code></pre>", "<p>a</p>"),
        (
            '<p><br><a href="https://a.example/?x=1&amp;y=2" rel="nofollow">it</a></p>',
            '<p><a href="https://a.example/?x=1&amp;y=2">it</a></p>',
        ),
        ("<div><p>odd</div>", "<p>odd</p>"),
    ],
)
def test_other_tags_are_said_with_the_allowed_ones(notes: str, limited: str) -> None:
    assert limited_html(notes) == limited


def test_it_is_cut_between_words_and_closed() -> None:
    assert limited_html("<ul><li>one <em>two three</em></li></ul>", 39) == (
        "<ul><li>one <em>two…</em></li></ul>"
    )


def test_a_word_that_is_too_long_is_cut_between_characters() -> None:
    limited = limited_html("<p>" + "å" * 300 + "</p>", 100)
    assert limited == "<p>" + "å" * 45 + "…</p>"


def test_a_link_that_does_not_fit_is_left_out_whole() -> None:
    limited = limited_html(f'<p>one <a href="https://a.example/{"x" * 100}">two</a></p>', 60)
    assert limited == "<p>one…</p>"


@given(st.text(max_size=3000), st.integers(20, 400))
def test_whatever_the_notes_the_result_is_small_and_balanced(markdown: str, limit: int) -> None:
    limited = limited_html(notes_html(markdown), limit)
    assert len(limited.encode()) <= limit
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z0-9]+)", limited):
        assert name in TAGS
        if closing:
            assert open_tags.pop() == name
        else:
            open_tags.append(name)
    assert open_tags == []
