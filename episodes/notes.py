"""Show notes: Markdown → safe HTML, and → plain text."""

from __future__ import annotations

import html
import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "ol", "ul", "li", "a", "b", "i", "strong", "em", "br", "blockquote", "code", "pre"}
TAGS |= {"h2", "h3", "h4"}


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"linkify": True, "breaks": True}).enable("linkify")


@lru_cache(maxsize=2048)
def notes_html(markdown: str) -> str:
    """Markdown as HTML with nothing but harmless tags and https, http and mailto links."""
    return nh3.clean(
        _markdown().render(markdown),
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    ).strip()


@lru_cache(maxsize=2048)
def plain_text(markdown: str) -> str:
    """The words alone, paragraphs on lines of their own."""
    marked = re.sub(r"</(p|li|h\d|blockquote|pre)>|<br>", "\n", notes_html(markdown))
    return re.sub(r"\n{2,}", "\n", html.unescape(re.sub(r"<[^>]+>", "", marked))).strip()
