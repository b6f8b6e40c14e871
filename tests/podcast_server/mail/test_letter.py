"""Mails are legible on light and on dark paper, also where styles are thrown away."""

from __future__ import annotations

import re

from podcast_server.mail.letter import Letter, render_letter

LETTER = Letter(
    "sign_in",
    "en",
    "Your way in",
    ["Hello."],
    action=("Sign in", "http://podcast.test/in"),
    code="123456",
    after=["Not you? Then forget it."],
    unsubscribe=("No more of these", "http://podcast.test/out"),
)


def page() -> str:
    return render_letter(LETTER, "Tidewater").html


def test_a_mail_says_that_it_can_be_dark() -> None:
    for name in ("color-scheme", "supported-color-schemes"):
        assert f'<meta name="{name}" content="light dark">' in page()
    assert "@media (prefers-color-scheme: dark)" in page()


def test_whatever_has_a_colour_of_its_own_has_one_for_the_dark() -> None:
    styles, body = page().split("</style>")
    dark = set(re.findall(r"\.(\w+) \{[^}]*!important", styles))
    coloured = re.findall(r"<\w+[^>]*(?:color|background):#[^>]*>", body)
    assert len(coloured) > 4
    for tag in coloured:
        named = re.search(r'class="(\w+)"', tag)
        assert named, tag
        assert named[1] in dark


def test_the_light_colours_stand_in_the_tags() -> None:
    body = page().split("</style>")[1]
    assert "background:#fcfcfa;color:#17181c" in body
