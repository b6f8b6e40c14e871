"""Mails are legible on light and on dark paper, also where styles are thrown away."""

from __future__ import annotations

import re
from dataclasses import replace

from podcast_server.mail.letter import Letter, render_letter
from podcast_server.mail.payment_letters import gift_letter

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


def test_colons_and_quotation_marks_are_those_of_the_language() -> None:
    french = render_letter(replace(LETTER, language="fr"), "Tidewater").text
    assert "Sign in\N{NO-BREAK SPACE}:\nhttp://podcast.test/in" in french
    assert "No more of these\N{NO-BREAK SPACE}: http://podcast.test/out" in french
    english = render_letter(LETTER, "Tidewater").text
    assert "Sign in:\nhttp://podcast.test/in" in english
    given = gift_letter("fr", "Harbour", "Ada", "Bon vent", "ABC", "http://podcast.test/gift")
    assert "«\N{NO-BREAK SPACE}Bon vent\N{NO-BREAK SPACE}»" in given.paragraphs
