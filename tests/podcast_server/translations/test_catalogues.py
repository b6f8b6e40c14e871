"""Every message is translated into every language, completely."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog

from podcast_server.i18n import choose_language, translations
from podcast_server.translations import catalogues
from podcast_server.translations.catalogues import (
    PACKAGE,
    all_languages,
    area_of,
    extract,
    problems,
)


@pytest.mark.thorough
@pytest.mark.parametrize("language", all_languages())
def test_no_message_is_left_untranslated_fuzzy_or_unused(language: str) -> None:
    assert list(problems(language)) == []


@pytest.mark.thorough
def test_a_message_without_translation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Catalog()
    fresh.add("A sentence nobody translated")
    found = extract() | {"member": fresh}
    monkeypatch.setattr(catalogues, "extract", lambda: found)
    assert "fr: not translated: 'A sentence nobody translated'" in list(problems("fr"))


@pytest.mark.thorough
def test_templates_and_code_are_both_searched() -> None:
    texts = {message.id for catalogue in extract().values() for message in catalogue}
    assert {"Skip to content", "There is nothing here"} <= texts


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("pages/studio/upload/upload.html", "studio"),
        ("pages/layout/base.html", "site"),
        ("error_pages.py", "site"),
        ("mail/templates/sign_in.txt", "mail"),
    ],
)
def test_each_area_has_a_file_of_its_own(path: str, area: str) -> None:
    assert area_of(path) == area


def test_the_files_are_read_without_being_compiled() -> None:
    assert translations("fr").ugettext("Episodes") == "Épisodes"
    assert translations("en").ugettext("Episodes") == "Episodes"


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "chosen"),
    [
        ("fr", "en", "en", "fr"),
        (None, "fr", "en", "fr"),
        (None, None, "fr", "fr"),
        ("xx", "../fr", None, "en"),
    ],
)
def test_the_address_counts_before_the_cookie_and_the_cookie_before_the_browser(
    asked: str | None, cookie: str | None, accepted: str | None, chosen: str
) -> None:
    assert choose_language(asked, cookie, accepted, "en") == chosen


TEMPLATES = PACKAGE / "pages"
# Names that are the same in every language, and words that no reader sees.
NAMES = re.compile(r"Spotify|YouTube Music|Amazon Music|\bUTC\b|^embed$|^studio$", re.MULTILINE)


def bare_words(template: str) -> list[str]:
    """What a template says without asking for the reader's language: words between tags, and
    marks that other languages set apart with a space."""
    text = re.sub(r"\{#.*?#\}|<(code|script)\b[^>]*>.*?</\1>", "", template, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\0", text, flags=re.DOTALL)
    text = re.sub(r'<(?:[^>"]|"[^"]*")*>', " ", text)
    lines = (NAMES.sub("", line.replace("\0", "¤").strip().strip("¤")) for line in text.split("\n"))
    bare = re.compile(r"[^\W\d_]{2,}|¤ ?[:;!?]|(?:^|\s):\s|:$")
    return [line for line in lines if bare.search(line)]


@pytest.mark.parametrize(
    "path",
    sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")),
)
def test_no_template_says_anything_past_the_languages(path: str) -> None:
    assert bare_words((TEMPLATES / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>{{ _('Size') }} {{ size }} MB</p>", True),
        ("<li>{{ show.title }}: {{ _('editor') }}</li>", True),
        ("<p>Hello</p>", True),
        ('<p title="x">{{ _("Hello") }}{{ _(": ") }}{{ name }} · {{ size | size }}</p>', False),
        ("<code>podcast-server doctor</code>", False),
    ],
)
def test_words_past_the_languages_are_noticed(template: str, found: bool) -> None:
    assert bool(bare_words(template)) is found
