"""Show notes from elsewhere: a stranger's HTML → Markdown that our editor understands."""

from __future__ import annotations

import re
from typing import Any

import nh3
from markdownify import MarkdownConverter

from episodes.notes import MAX_NOTES, TAGS

_MAX_HTML = 200_000  # characters
_BLANK_LINES = re.compile(r"\n{3,}")
_LOOKS_LIKE_HTML = re.compile(r"</?[a-z][^>]{0,500}>", re.IGNORECASE)
_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s<>]{1,2000})", re.IGNORECASE)
_MARKS = re.compile(r"[\\*_`\[\]]")
# What Markdown would take for something else: an escape, or the beginning of a tag.
_MISTAKABLE = re.compile(r"\\(?=[!-/:-@\[-`{-~])|<(?=[A-Za-z/!?])")


class _Converter(MarkdownConverter):
    """Keeps bare addresses as they are: with escapes inside they lead nowhere."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Text that Markdown shows to the letter."""
        if "a" in parent_tags:
            return self._escaped(text, parent_tags)
        pieces = _ADDRESS.split(text)
        for at, piece in enumerate(pieces):
            if at % 2:
                address = _without_stops(piece)
                rest = self._escaped(piece[len(address) :], parent_tags)
                pieces[at] = _bare_link(address) + rest
            else:
                pieces[at] = self._escaped(piece, parent_tags)
        return "".join(pieces)

    def _escaped(self, text: str, parent_tags: set[str]) -> str:
        text = _MISTAKABLE.sub(r"\\\g<0>", text)
        shown: Any = super().escape(text, parent_tags)  # type: ignore[misc]
        return str(shown)


def _without_stops(address: str) -> str:
    """An address as it stands in a sentence, without what ends the sentence."""
    while address[-1:] in set(".,;:!?'\"") or (
        address.endswith(")") and address.count(")") > address.count("(")
    ):
        address = address[:-1]
    return address


def _bare_link(address: str) -> str:
    if _MARKS.search(address) and "://" in address:
        return f"<{address}>"
    return address


def notes_from_html(html: str) -> str:
    """Markdown with the words, links and lists of ``html``; plain text keeps its lines.

    Nothing of the original markup survives, so no script does. Never raises.
    """
    html = html[:_MAX_HTML]
    if not _LOOKS_LIKE_HTML.search(html):
        html = html.strip().replace("\n", "<br>")
    clean = nh3.clean(
        html,
        tags=TAGS | {"h1", "div", "span"},
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )
    try:
        # Within an element, or a text that is one address is taken for a mistake.
        converter = _Converter(heading_style="ATX", bullets="-", wrap=False)
        text = converter.convert(f"<div>{clean}</div>")
    except RecursionError:
        text = nh3.clean(clean, tags=set())
    lines = "\n".join(line.rstrip() for line in str(text).splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip()[:MAX_NOTES]
