"""Show notes: Markdown → safe HTML, → plain text, and → the timestamps in them."""

from __future__ import annotations

import html
import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

from episodes.links import secure_link

TAGS = {"p", "ol", "ul", "li", "a", "b", "i", "strong", "em", "br", "blockquote", "code", "pre"}
TAGS |= {"h2", "h3", "h4"}
MAX_NOTES = 50_000  # characters; what is beyond is no show note
MAX_LINE = 1000
MAX_TIMESTAMPS = 500
_END_OF_BLOCK = re.compile(r"</(?:p|li|h\d|blockquote|pre)>|<br>")
_TAG = re.compile(r"<[^>]*>")
_TIMESTAMP = re.compile(
    r"""^[\s>*+\-–—•·]*            # how lists begin
        (?:\d{1,3}\.\s+)?          # also numbered ones
        [(\[]?
        (?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})(?:[.,]\d{1,3})?
        [)\]]?
        (?:\s*[-–—:|]\s*|\s+)
        (?P<label>\S.*)""",
    re.VERBOSE,
)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"linkify": True, "breaks": True}).enable("linkify")


@lru_cache(maxsize=2048)
def notes_html(markdown: str) -> str:
    """Markdown as HTML with nothing but harmless tags, and https and mailto links.

    Links to http become https, as feeds ask for; a first heading becomes a second one, since
    the page around the notes has the first. Never raises.
    """
    text = markdown[:MAX_NOTES].encode(errors="ignore").decode()  # no lone surrogates
    marked = _markdown().render(text)
    marked = re.sub(r"<(/?)h1>", r"<\1h2>", marked)
    return nh3.clean(
        marked,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        attribute_filter=_secure,
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener",
    ).strip()


def _secure(tag: str, name: str, value: str) -> str | None:
    """Relative addresses would lead nowhere in a podcast app and are left out too."""
    return secure_link(value) if name == "href" else value


@lru_cache(maxsize=2048)
def plain_text(markdown: str) -> str:
    """The words alone, paragraphs on lines of their own."""
    lines = _END_OF_BLOCK.sub("\n", notes_html(markdown))
    return re.sub(r"\s*\n\s*", "\n", html.unescape(_TAG.sub("", lines))).strip()


def timestamps(text: str) -> list[tuple[int, str]]:
    """(seconds, label) for each line such as ``12:30 The storm``, in the order of the times.

    Reads notes in Markdown and plain lines alike: ``(1:02:03) - Label``, ``- 12:30 Label``.
    A time that stands twice counts once.
    """
    found: dict[int, str] = {}
    for line in text[:MAX_NOTES].splitlines():
        match = _TIMESTAMP.match(line[:MAX_LINE].replace("**", "").replace("__", ""))
        if match and len(found) < MAX_TIMESTAMPS and int(match["seconds"]) < 60:
            found.setdefault(_seconds(match), plain_text(match["label"]))
    return sorted(each for each in found.items() if each[1].strip("-–—=_.*"))


def _seconds(match: re.Match[str]) -> int:
    return int(match["hours"] or 0) * 3600 + int(match["minutes"]) * 60 + int(match["seconds"])
