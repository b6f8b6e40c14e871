"""Styles, scripts, fonts and icons: read once, named by their content, cached for a year.

The name of the whole set's hash is a folder of every address, so that scripts find each other
by relative imports and everything is new at once when anything is.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, request

from feeds.delivery.caching import choose_coding

MIMES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_COMPRESSIBLE = {".css", ".js", ".svg", ".webmanifest"}
_IMPORT = re.compile(r'^@import url\("([^"]+)"\) layer\(([a-z]+)\);$', re.MULTILINE)
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent, plain and, where that helps, compressed."""

    mime: str
    body: bytes
    gzipped: bytes | None


class Assets:
    """All files under ``folder`` of the kinds in MIMES, in memory."""

    def __init__(self, folder: Path) -> None:
        self._assets = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in MIMES and path.is_file()
        }
        together = hashlib.sha256()
        for name, asset in self._assets.items():
            together.update(name.encode() + b"\0" + asset.body + b"\0")
        self.digest = together.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file, such as ``layout/site.css``. Raises KeyError for a typo."""
        if name not in self._assets:
            raise KeyError(f"there is no asset {name!r}")
        return f"/assets/{self.digest}/{name}"

    def find(self, name: str) -> Asset | None:
        """A file by its name below the folder."""
        return self._assets.get(name)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _inline_imports(path, body.decode()).encode()
    gzipped = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None
    return Asset(MIMES[path.suffix], body, gzipped)


def _inline_imports(path: Path, css: str) -> str:
    """Put ``@import url("x.css") layer(name);`` in place, so that one request brings all."""

    def inline(match: re.Match[str]) -> str:
        imported = (path.parent / match[1]).read_text(encoding="utf-8")
        body = imported.removeprefix('@charset "UTF-8";')
        return f"@layer {match[2]} {{\n{body}\n}}"

    return _IMPORT.sub(inline, css)


def assets_blueprint(assets: Assets) -> Blueprint:
    """The route that serves them."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/assets/<digest>/<path:name>")
    def asset(digest: str, name: str) -> Response:
        found = assets.find(name)
        if found is None:
            abort(404)
        coding = choose_coding(request.headers.get("Accept-Encoding", ""))
        zipped = found.gzipped if coding == "gzip" else None
        response = Response(zipped or found.body, content_type=found.mime)
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        # While a new version rolls out, an old address may meet a new file: never keep that.
        response.headers["Cache-Control"] = _A_YEAR if digest == assets.digest else "no-cache"
        return response

    return blueprint
