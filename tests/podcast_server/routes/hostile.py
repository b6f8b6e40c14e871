"""What nobody sends by accident: texts, numbers, headers and bodies, drawn from seeded dice."""

from __future__ import annotations

import random
from collections.abc import Callable

_LONG = "9" * 30
TEXTS: tuple[str, ...] = (
    *("", " ", "0", "1", "-1", "1.5", "1e999", "NaN", "inf", "٣", "²", "0x10", "1_000"),
    *(_LONG, "-" + _LONG, "9" * 5000, str(2**31), str(2**63), str(2**64), "a" * 2000, "ä" * 70_000),
    *("\x00", "a\x00b", "\r\nX-Evil: 1", "\u202e", "\ufeff", "\ud7ff", "\U0001f600" * 60, "İ", "ß"),
    *("on", "true", "null", "{}", "[]", '{"a": 1}', "[[[[", "undefined", "None"),
    *("2026-13-45", "0000-00-00", "9999-12-31", "2026-02-30T25:61", "0001-01-01T00:00", "24:00"),
    *("../../etc/passwd", "..", "%00", "%2e%2e%2f", "%ff%fe", "%", "\\\\host\\x", "file:///etc"),
    *("'; --", '" OR 1=1', "%s%n", "{{7*7}}", "${x}", "<script>", "]]>", "&amp;", "<?xml?>"),
    *(
        "//evil.example",
        "https://evil.example",
        "javascript:1",
        "/\\evil",
        "http://[::1",
        "http://[x]/",
    ),
    *("a@b", "a@b.example", '"a b"@b.example', "a@[127.0.0.1]", "@", "a@" + "b" * 300 + ".example"),
    *("en", "fr", "xx-YY", "Europe/Oslo", "Not/AZone", "EUR", "zzz", "#ffffff", "week", "-0"),
)
_RANGES = (
    *("bytes=0-0", "bytes=0-", "bytes=-1", "bytes=5-2", "bytes=a-b", "bytes=0-0,2-3", "bytes="),
    *(
        "bytes=99999999999999999999-",
        "bytes=-0",
        "items=0-1",
        "bytes=0-0," * 300,
        "bytes=-" + _LONG,
    ),
    "bytes=٣-٤",
)
_CODINGS = (
    "gzip",
    "br",
    "zstd",
    "gzip;q=0",
    "*;q=0.1",
    "identity;q=0",
    "gzip;q=x",
    ",,,",
    "gzip, " * 900,
)
_KINDS = (
    *("application/json", "application/json; charset=utf-7", "text/plain", "multipart/form-data"),
    *("multipart/form-data; boundary=", "multipart/form-data; boundary=a", "application/xml", "/"),
    *("application/x-www-form-urlencoded; charset=nonsense", "application/octet-stream", ""),
)
_HOSTS = (
    "127.0.0.1",
    "localhost:99999",
    "evil.example",
    "[::1]",
    "podcast.test:443",
    "a b",
    "podcast.test.",
    "",
)
_FORWARDED = (
    "192.0.2.9",
    "::1",
    "not an address",
    "1.2.3.4, 5.6.7.8",
    "",
    "," * 500,
    "unix:",
    "192.0.2.1:80",
)
_TAGS = ('"a"', "*", 'W/"x"', '"', '""', '"a", "b"', "a" * 3000, 'W/"' + "é" + '"')
_TIMES = ("Sat, 29 Oct 1994 19:43:31 GMT", "0", "Thu, 99 Foo 2026 99:99:99 GMT", _LONG, "yesterday")
_LANGUAGES = ("fr", "fr;q=0", "xx", "*", "en;q=2", "fr-" + "a" * 400, ";;;", "de, fr;q=0.9")
_ACCEPTED = ("application/json", "*/*", "text/html;q=0", "a", ";q=", "image/*, " * 300)
_COOKIES = (
    "__Host-session=x",
    "__Host-session=..",
    "=",
    "a=" + "b" * 5000,
    '__Host-session="\\042"',
    ";;;",
)

# Each is sent once in a while, most requests have none.
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Range", _RANGES),
    ("If-Range", _TAGS + _TIMES),
    ("If-None-Match", _TAGS),
    ("If-Match", _TAGS),
    ("If-Modified-Since", _TIMES),
    ("Accept-Encoding", _CODINGS),
    ("Accept", _ACCEPTED),
    ("Accept-Language", _LANGUAGES),
    ("Content-Type", _KINDS),
    ("Host", _HOSTS),
    ("X-Forwarded-For", _FORWARDED),
    ("X-Forwarded-Proto", ("http", "https", "gopher", "https,http", "")),
    ("X-Forwarded-Host", _HOSTS),
    ("X-Plain-Http", ("1", "")),
    ("X-Request-ID", ("a" * 64, "a\tb", "ü", "12345678")),
    ("User-Agent", ("", "AntennaPod/3", "Mozilla/5.0 (iPhone)", "x" * 5000, "é\x80")),
    ("Referer", ("https://podcast.test/", "https://evil.example", "é", "a" * 4000, "http://[")),
    ("Origin", ("https://podcast.test", "null", "http://[")),
    ("Cookie", _COOKIES),
    ("Authorization", ("Bearer", "Bearer psk_", "Basic x", "Bearer psk_" + "é", "Digest a=b")),
    ("Stripe-Signature", ("t=1,v1=a", "t=,v1=", "t=" + _LONG + ",v1=x", "v1", "t=é")),
    ("Traceparent", ("00-0-0-0", "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x")),
)


def piece(dice: random.Random) -> str:
    """A text, from the list or of random characters of all planes."""
    if dice.random() < 0.7:
        return dice.choice(TEXTS)
    return "".join(chr(_codepoint(dice)) for _ in range(dice.randrange(1, 40)))


def _codepoint(dice: random.Random) -> int:
    highest = dice.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
    point = dice.randrange(highest + 1)
    return point if not 0xD800 <= point <= 0xDFFF else 0x20


def headers(dice: random.Random, most: int = 3) -> dict[str, str]:
    """A few headers; as WSGI has them, in Latin-1."""
    chosen = dice.sample(HEADERS, dice.randrange(most + 1))
    return {name: _latin(dice.choice(values)) for name, values in chosen}


def _latin(text: str) -> str:
    return text.encode().decode("latin-1").replace("\n", "").replace("\r", "")


def value_for_json(dice: random.Random, depth: int = 0) -> object:
    """Any JSON value."""
    makers: tuple[Callable[[], object], ...] = (
        lambda: piece(dice),
        lambda: dice.choice((0, -1, 1, 2**31, 2**63, -(2**70), 1e308, 0.5, 10**400)),
        lambda: dice.choice((None, True, False)),
        lambda: [value_for_json(dice, depth + 1) for _ in range(dice.randrange(3))],
        lambda: {
            piece(dice)[:50]: value_for_json(dice, depth + 1) for _ in range(dice.randrange(3))
        },
    )
    return dice.choice(makers[: 3 if depth > 2 else 5])()


def body(dice: random.Random) -> bytes:
    """Bytes that are no form."""
    return dice.choice(
        (
            *(b"", b"{", b"null", b"[]", b'""', b"1", b"{}", b"a=b&" * 2000, b"=&=&", b"%"),
            *(b"--a\r\n", b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a--\r\n'),
            b'--a\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\n\r\n--a--',
            *(b"[" * 100_000, b"\xff\xfe\x00", bytes(2_000_000), dice.randbytes(300)),
        )
    )
