"""Another podcast host on this machine: serves feeds and files, well or badly."""

from __future__ import annotations

import base64
import gzip
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import serving


@dataclass
class Manners:
    """How the host behaves towards whoever asks for audio (and, where said, feeds)."""

    slow: float = 0.0  # seconds between blocks
    breaks_off: int = 0  # how many answers to each file end in the middle
    ranges: bool = True
    redirects: int = 0
    puts_off: int = 0  # how many requests are answered 429 at first
    login: str = ""  # name:password for everything
    validators: bool = True
    heads: int = 200  # what HEAD of audio is answered


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    range: str = ""
    login: str = ""
    condition: str = ""


@dataclass
class ForeignHost:
    """``files`` are path → (type, bytes); ``asked`` what was asked so far."""

    url: str = ""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    manners: Manners = field(default_factory=Manners)
    asked: list[Asked] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    put_off: int = 0
    zipped: bool = False

    def put(self, path: str, data: bytes | str, mime: str, **headers: str) -> str:
        """Serve a file; gives its address."""
        self.files[path] = (mime, data.encode() if isinstance(data, str) else data)
        self.headers[path] = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.url + path

    def downloads(self) -> list[str]:
        """The audio files that were asked for, but for those that only were looked at."""
        return [
            each.path
            for each in self.asked
            if each.method == "GET" and each.path.endswith((".mp3", ".m4a"))
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: ForeignHost

    def log_message(self, *_words: object) -> None:
        """Silent."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        host, path = self.host, self.path.partition("?")[0]
        host.asked.append(
            Asked(
                self.command,
                path,
                self.headers.get("Range", ""),
                self.headers.get("Authorization", ""),
                self.headers.get("If-None-Match", ""),
            )
        )
        manners = host.manners
        if manners.login and not self._is_known(manners.login):
            return self._short(401, WWW_Authenticate='Basic realm="feeds"')
        if host.put_off < manners.puts_off:
            host.put_off += 1
            return self._short(429, Retry_After="0")
        if path in host.moved:
            return self._short(301, Location=host.moved[path])
        if path.startswith("/hop/"):
            return self._hop(path)
        if path not in host.files:
            return self._short(404)
        is_audio = host.files[path][0].startswith("audio/")
        if is_audio and manners.redirects and not path.startswith("/final"):
            host.files.setdefault("/final" + path, host.files[path])
            return self._short(302, Location=f"/hop/{manners.redirects}/final{path}")
        if is_audio and not body and manners.heads != 200:
            return self._short(manners.heads)
        return self._file(path, is_audio=is_audio, body=body)

    def _is_known(self, login: str) -> bool:
        return self.headers.get("Authorization") == "Basic " + (
            base64.b64encode(login.encode()).decode()
        )

    def _hop(self, path: str) -> None:
        _, _, left, rest = path.split("/", 3)
        number = int(left)
        target = f"/{rest}" if number <= 1 else f"/hop/{number - 1}/{rest}"
        self._short(302, Location=target)

    def _short(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, path: str, *, is_audio: bool, body: bool) -> None:
        host, manners = self.host, self.host.manners
        mime, data = host.files[path]
        etag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
        if manners.validators and self.headers.get("If-None-Match") == etag:
            self._short(304, ETag=etag)
            return
        status, start = 200, self._start(data, etag) if manners.ranges and is_audio else 0
        headers = {"Content-Type": mime, **host.headers.get(path, {})}
        if manners.validators:
            headers["ETag"] = etag
        if start:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        data = data[start:]
        if host.zipped and not is_audio and "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        if body:
            self._send(path, data, is_audio=is_audio)

    def _start(self, data: bytes, etag: str) -> int:
        wanted = self.headers.get("Range", "")
        if not wanted or self.headers.get("If-Range", etag) != etag:
            return 0
        start = int(wanted.removeprefix("bytes=").split("-")[0])
        return start if start < len(data) else 0

    def _send(self, path: str, data: bytes, *, is_audio: bool) -> None:
        manners, broken = self.host.manners, self.host.broken
        ends_early = is_audio and broken.get(path, 0) < manners.breaks_off
        if ends_early:
            broken[path] = broken.get(path, 0) + 1
            data = data[: len(data) // 2]
        for position in range(0, len(data), 16_384):
            if manners.slow and is_audio:
                time.sleep(manners.slow)
            self.wfile.write(data[position : position + 16_384])
        if ends_early:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        """Whoever hangs up has got what they wanted."""


@contextmanager
def foreign_host() -> Iterator[ForeignHost]:
    """A running host on a port of its own."""
    host = ForeignHost()
    handler = type("Handler", (_Handler,), {"host": host})
    server = _Server(("127.0.0.1", 0), handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield host
