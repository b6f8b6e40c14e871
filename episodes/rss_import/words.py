"""Show notes from elsewhere: a stranger's HTML → Markdown that our editor understands."""

from __future__ import annotations

import re

import nh3
from markdownify import markdownify

from episodes.notes import MAX_NOTES, TAGS

_MAX_HTML = 200_000  # characters
_BLANK_LINES = re.compile(r"\n{3,}")
_LOOKS_LIKE_HTML = re.compile(r"</?[a-z][^>]{0,500}>", re.IGNORECASE)


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
        text = markdownify(clean, heading_style="ATX", bullets="-", wrap=False)
    except RecursionError:
        text = nh3.clean(clean, tags=set())
    lines = "\n".join(line.rstrip() for line in str(text).splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip()[:MAX_NOTES]
