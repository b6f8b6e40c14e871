"""Show notes within PSP-1: a handful of tags, at most 4000 bytes, and still whole HTML."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from feeds.rendering.limits import MAX_DESCRIPTION

TAGS = frozenset({"p", "ol", "ul", "li", "a", "b", "i", "strong", "em"})
# What the notes may hold beyond these, said with these.
_INSTEAD = {
    "h2": ("p", "strong"),
    "h3": ("p", "strong"),
    "h4": ("p", "strong"),
    "blockquote": (),
    "pre": ("p",),
    "code": (),
}
_OTHER_TAG = re.compile(r"<(?!/?(?:p|ol|ul|li|a|b|i|strong|em)[ >])", re.IGNORECASE)
_MARK = "…"


def limited_html(notes: str, limit: int = MAX_DESCRIPTION) -> str:
    """Safe HTML → the same within PSP-1's tags and ``limit`` bytes, cut between words.

    Tags are closed where it is cut; a link is kept whole or not at all.
    """
    if len(notes.encode()) <= limit and not _OTHER_TAG.search(notes):
        return notes
    writer = _Writer(limit)
    writer.feed(notes)
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    """Copies HTML tag by tag until ``limit`` bytes, closing tags included, are used up."""

    def __init__(self, limit: int) -> None:
        super().__init__(convert_charrefs=True)
        self._left = limit - len(_MARK.encode())
        self._written: list[str] = []
        self._open: list[str] = []
        self._full = False

    def text(self) -> str:
        """What was written, with everything closed."""
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        written = "".join(self._written).replace("<p></p>", "").rstrip()
        return written + (_MARK if self._full else "") + closing

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._break()
        for name in _names(tag):
            self._start(name, dict(attrs).get("href") if name == "a" else None)

    def handle_endtag(self, tag: str) -> None:
        if self._full:
            return  # what is open is closed by text(), after the mark
        for name in reversed(_names(tag)):
            if name in self._open:
                self._end(name)

    def handle_data(self, data: str) -> None:
        if self._full:
            return
        text = html.escape(data, quote=False)
        if len(text.encode()) > self._left:
            text = _fitting(data, self._left)
            self._full = True
        self._written.append(text)
        self._left -= len(text.encode())

    def _start(self, name: str, href: str | None) -> None:
        attribute = "" if href is None else f' href="{html.escape(href)}"'
        opening = f"<{name}{attribute}>"
        cost = len(opening.encode()) + len(name) + 3
        if self._full or cost > self._left:
            self._full = True
            return
        self._written.append(opening)
        self._open.append(name)
        self._left -= cost

    def _end(self, name: str) -> None:
        while self._open:
            closed = self._open.pop()
            self._written.append(f"</{closed}>")
            if closed == name:
                break

    def _break(self) -> None:
        """A line break: a new paragraph where that is possible, else a space."""
        if self._open[-1:] == ["p"]:
            self._end("p")
            self._start("p", None)
        else:
            self.handle_data(" ")


def _names(tag: str) -> tuple[str, ...]:
    return (tag,) if tag in TAGS else _INSTEAD.get(tag, ())


def _fitting(data: str, room: int) -> str:
    """As many whole words of ``data`` as fit into ``room`` bytes when escaped.

    A first word that is too long by itself is cut between characters.
    """
    pieces = re.findall(r"\S+\s*|\s+", data)
    if len(html.escape(pieces[0], quote=False).encode()) > room:
        pieces = list(pieces[0])
    fitting: list[str] = []
    for piece in pieces:
        escaped = html.escape(piece, quote=False)
        room -= len(escaped.encode())
        if room < 0:
            break
        fitting.append(escaped)
    return "".join(fitting)
