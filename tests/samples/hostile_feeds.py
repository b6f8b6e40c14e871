"""Feeds that want to do harm, as bytes."""

from __future__ import annotations

import gzip
import io

HEAD = '<?xml version="1.0"?>'
ITEM = "<item><title>x</title><guid>{}</guid>{}<enclosure url='{}' length='{}' type='audio/mpeg'/></item>"


def with_item(url: str, *, guid: str = "g", length: str = "10", more: str = "") -> str:
    """One item whose audio is at ``url``."""
    item = ITEM.format(guid, more, url, length)
    return f'{HEAD}<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'


EXTERNAL_ENTITY = (
    f'{HEAD}<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<rss version="2.0"><channel><title>&x;</title></channel></rss>'
)
PARAMETER_ENTITY = (
    f'{HEAD}<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>'
    '<rss version="2.0"><channel><title>t</title></channel></rss>'
)
LAUGHS = (
    f'{HEAD}<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 20}">' for n in range(12))
    + ']><rss version="2.0"><channel><title>&m;</title></channel></rss>'
)
EXTERNAL_DTD = (
    f'{HEAD}<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">'
    '<rss version="2.0"><channel><title>t</title></channel></rss>'
)
DEEP = f"{HEAD}<rss version='2.0'><channel>" + "<a>" * 200_000 + "</rss>"
DEEP_NOTES = "<b>" * 30_000 + "words"
WIDE = (
    f"{HEAD}<rss version='2.0'><channel><title>t</title>"
    + "<item><guid>1</guid></item>" * 20_000
    + "</channel></rss>"
)
MANY_ATTRIBUTES = (
    f"{HEAD}<rss version='2.0' " + " ".join(f"a{n}='1'" for n in range(100_000)) + "></rss>"
)
CUT_OFF = with_item("https://example.org/a.mp3")[:-30]
EMPTY = ""
PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>"
JSON = '{"version": "https://jsonfeed.org/version/1.1"}'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def bomb(megabytes: int) -> bytes:
    """A feed of so many megabytes in a thousandth of that, gzipped."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9) as file:
        file.write(b"<rss><channel><title>")
        for _ in range(megabytes):
            file.write(b" " * 1024 * 1024)
    return buffer.getvalue()
