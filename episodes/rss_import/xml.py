"""Bytes that claim to be a feed → a harmless XML tree.

Feeds in the wild have undeclared entities, stray ampersands, wrong encodings and control
characters; lxml mends those. Declared entities are refused: no podcast feed needs them, and
they are how a few bytes become gigabytes, or files of this server become show notes.
"""

from __future__ import annotations

import codecs
import html
import re

from lxml import etree

from episodes.rss_import.errors import ImportRefused

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LETTERS = re.compile("[^\x00-\x7f]")  # those that take more than a byte
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_CLOSED = re.compile(r"(?:</\s*(?:[\w-]+:)?(?:rss|feed|rdf)\s*>|^<[^<>]*/>$)", re.IGNORECASE)
_TAIL = 4000  # characters; some caches write a comment behind the end
_ENDLESS_TAG = re.compile(r"<[A-Za-z][^<>]{50000}")  # attributes cost more than one by one
_OWN = {"amp", "lt", "gt", "quot", "apos"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_tree(data: bytes, charset: str = "") -> etree._Element:
    """The root element. ``charset`` is what the answer's header claimed.

    Raises ImportRefused.
    """
    text = _ILLEGAL.sub("", _DECLARATION.sub("", decode(data, charset))).strip()
    if "<!ENTITY" in text:
        raise ImportRefused("the feed declares entities, which no podcast feed needs")
    if _ENDLESS_TAG.search(text):
        raise ImportRefused("the feed has tags as no podcast feed has them")
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(_NAMED.sub(_character, text).encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ImportRefused("this is not a podcast feed") from error
    if root is None or name_of(root)[1] not in {"rss", "feed", "RDF"}:
        raise ImportRefused(_what_it_is(text))
    if not _CLOSED.search(text[-_TAIL:]):
        # Mended, it would look whole and lack its oldest episodes.
        raise ImportRefused("the feed breaks off in the middle: try again later")
    return root


def name_of(element: etree._Element) -> tuple[str, str]:
    """The namespace and the name in it. A mended document may have names that no XML has, at which
    etree.QName takes offence."""
    space, _, local = str(element.tag).rpartition("}")
    return space.removeprefix("{"), local


def decode(data: bytes, charset: str = "") -> str:
    """Text in the encoding that fits: the mark at its start, what it says, what was said of it,
    UTF-8, even with some letters cut in two, and else Windows-1252, in which everything is
    something."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declared = _DECLARED.match(data[:300])
    for encoding in (declared.group(1).decode() if declared else "", charset, "utf-8"):
        try:
            if encoding and codecs.lookup(encoding)._is_text_encoding:
                return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    # Where hosts shorten by bytes, one letter is broken; in Windows-1252 nearly all would be.
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if len(_LETTERS.findall(text)) - broken > broken:
        return text
    return data.decode("cp1252", "replace")


def _character(match: re.Match[str]) -> str:
    """HTML's named characters, which XML does not know, as themselves."""
    name = match.group(1)
    if name in _OWN:
        return match.group(0)
    return html.escape(html.unescape(match.group(0)), quote=False)


def _what_it_is(text: str) -> str:
    start = text[:2000].lower()
    if "<html" in start or "<!doctype html" in start:
        return "this is a web page and not a podcast feed: look for its RSS address"
    return "this is not a podcast feed"
