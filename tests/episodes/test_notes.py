"""Show notes: what Markdown becomes, what never gets through, and the timestamps in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from episodes.notes import TAGS, notes_html, plain_text, timestamps

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=https://evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/track.gif)",
    '<a href="javascript:alert(1)">x</a>',
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    '<a href="&#106;avascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    '[x](https://ok.example "title\\" onmouseover=\\"alert(1)")',
    '<a href="https://ok.example" onclick="alert(1)" style="x:y" target=_blank>x</a>',
    '<p style="background:url(https://evil.example)">x</p>',
    "<style>@import 'https://evil.example'</style>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=https://evil.example><input><button>x</button></form>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data=x></object><embed src=x><video src=x><audio src=x>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<<script>alert(1)//<</script>",
    "`<script>`\n```\n</code></pre><script>alert(1)</script>\n```",
    "<a href='//evil.example'>x</a> [y](/relative) [z](#fragment)",
    "<p id=x class=y name=z>clobber</p>",
]


def assert_harmless(written: str) -> None:
    """Nothing but the allowed tags, and on links only https and mailto."""
    readable = re.sub("[^\t\n\r\x20-\ufffd\U00010000-\U0010ffff]", "", written)
    if not readable:
        return
    for element in html.fragment_fromstring(readable, create_parent="div").iterdescendants():
        assert element.tag in TAGS, written
        assert set(element.attrib) <= ({"href", "title", "rel"} if element.tag == "a" else set())
        if element.tag == "a":
            assert element.get("rel") == "nofollow noopener"
            assert re.match(r"(https://|mailto:)", element.get("href", "https://"), re.IGNORECASE)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_comes_out_harmless(attack: str) -> None:
    assert_harmless(notes_html(attack))
    assert_harmless(notes_html(f"- before {attack} after"))


@pytest.mark.thorough
@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=20)), max_size=5))
def test_so_do_all_mixtures_of_attacks(pieces: list[str]) -> None:
    for joined in ("".join(pieces), "\n".join(pieces)):
        assert_harmless(notes_html(joined))
        plain_text(joined)
        timestamps(joined)


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        ("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("1. a", "<ol>\n<li>a</li>\n</ol>"),
        ("## Links", "<h2>Links</h2>"),
        ("# Top", "<h2>Top</h2>"),
        ("> so", "<blockquote>\n<p>so</p>\n</blockquote>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
        ("", ""),
        ("a\ud800b", "<p>ab</p>"),
    ],
)
def test_markdown_becomes_html(markdown: str, written: str) -> None:
    assert notes_html(markdown) == written


def test_bare_addresses_become_links() -> None:
    assert 'href="https://boats.example/a?b=1&amp;c=2"' in notes_html(
        "see https://boats.example/a?b=1&c=2"
    )
    assert 'href="mailto:a@boats.org"' in notes_html("write to a@boats.org")


def test_links_to_http_become_https() -> None:
    written = notes_html("[here](http://boats.example/x) and www.boats.org")
    assert 'href="https://boats.example/x"' in written
    assert 'href="https://www.boats.org"' in written


def test_plain_text_is_the_words_alone() -> None:
    notes = "## Boats\n\nMarit & **Ola**:\n\n- [a link](https://a.example)\n- 5 < 6\n\n<b>x</b>"
    assert plain_text(notes) == "Boats\nMarit & Ola:\na link\n5 < 6\nx"


def test_notes_beyond_the_limit_are_left_out() -> None:
    assert len(notes_html("word " * 100_000)) < 60_000


def test_timestamps_are_read_from_all_the_ways_people_write_them() -> None:
    notes = """
    We met at 5:00 in the harbour.

    0:00 Hello
    - **12:30** The *storm*
    * 00:45 – Rope
    1. 2:00 | Knots
    (1:02:03) - Home, [at last](https://home.example)
    [75:10] Long minutes
    12:30 The storm again
    9:99 no time at all
    3:30
    4:00 ---
    """
    assert timestamps(notes) == [
        (0, "Hello"),
        (45, "Rope"),
        (120, "Knots"),
        (750, "The storm"),
        (3723, "Home, at last"),
        (4510, "Long minutes"),
    ]


def test_a_label_cannot_bring_markup_along() -> None:
    assert timestamps("0:10 <script>alert(1)</script>Hi <b>you</b>") == [(10, "Hi you")]


@settings(max_examples=200)
@given(st.text(st.sampled_from("0123456789:.()[]- \n*ab"), max_size=200))
def test_timestamps_ascend_and_have_labels(text: str) -> None:
    found = timestamps(text)
    assert [seconds for seconds, _ in found] == sorted({seconds for seconds, _ in found})
    assert all(label and "\n" not in label for _, label in found)
