"""The last lines of a private feed's description: whose it is, and how to close it."""

from __future__ import annotations

import html

_WORDS = {
    "en": ("This feed belongs to one member.", "Not yours? Report this feed"),
    "fr": ("Ce flux appartient à un seul membre.", "Ce n'est pas le vôtre ? Signaler ce flux"),
}


def report_paragraph(url: str, language: str) -> str:
    """The paragraph as HTML, in the show's language (English where we lack it); "" for no url."""
    if not url:
        return ""
    whose, report = _WORDS.get(language[:2].lower(), _WORDS["en"])
    link = f'<a href="{html.escape(url)}">{html.escape(report)}</a>'
    return f"<p>{html.escape(whose)} {link}</p>"
