"""Fetching from strangers: politely, within bounds, and never inside our own network.

The library resolves a name once and connects to that very address, redirects included, so a
name that changes its mind between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.exceptions import RequestException
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from episodes.rss_import.errors import (
    Denied,
    FetchFailed,
    ImportRefused,
    Interrupted,
    PrivateNetwork,
)
from episodes.rss_import.part import Part

AGENT = "podcast-server/1 (bringing a show over)"
CHUNK = 64 * 1024
MAX_REDIRECTS = 8
ATTEMPTS = 5
LONGEST_WAIT = 120.0  # seconds that we let the other side put us off at a time
PATIENCE = 60.0  # seconds after which an answer must have come at a reasonable pace
SLOWEST = 4096  # bytes per second
SPARE_DISK = 256 * 1024 * 1024
_LATER = {408, 425, 429, 500, 502, 503, 504}

Progress = Callable[[int], None]  # hears how many bytes of the file are here now


@dataclass(frozen=True, slots=True)
class Login:
    """HTTP basic authentication, for the feed's own host alone."""

    host: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Page:
    """A small answer, whole. ``url`` is where it was found in the end."""

    data: bytes
    url: str
    mime: str
    charset: str
    etag: str
    modified: str


class Fetcher:
    """Fetches within bounds; for several threads. ``allow_loopback`` is for tests and demos."""

    def __init__(
        self,
        *,
        login: Login | None = None,
        allow_loopback: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        stopped: Callable[[], bool] = lambda: False,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._manager = Manager(
            Config(
                default_timeout=(10, 30),
                never_redirect=False,
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=allow_loopback,
                user_agent_override=AGENT,
            )
        )
        self._login = login
        self._sleep = sleep
        self._stopped = stopped
        self._attempts = attempts
        self._own = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close all connections."""
        for session in self._sessions:
            session.close()

    def read(
        self, url: str, *, limit: int, etag: str = "", modified: str = "", accept: str = "*/*"
    ) -> Page | None:
        """A whole answer of at most ``limit`` bytes; None when it is still as ``etag`` says.

        Raises ImportRefused, FetchFailed, Interrupted.
        """
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
        with self._open(url, headers) as answer:
            if answer.status_code == 304:
                return None
            data = b"".join(self._chunks(answer, limit))
            return _page(answer, data)

    def size_of(self, url: str) -> int:
        """How many bytes a file has, without fetching it; 0 where that is not told.

        Addresses signed for GET, as those of S3 are, refuse HEAD; then two bytes are asked for,
        which no host counts as a download either. Raises ImportRefused, FetchFailed, Interrupted.
        """
        headers = {"Accept-Encoding": "identity"}
        try:
            with self._open(url, headers, method="HEAD") as answer:
                return _promised(answer) or 0
        except Denied:
            with self._open(url, {**headers, "Range": "bytes=0-1"}) as answer:
                return _whole(answer)

    def redirect_of(self, url: str) -> tuple[int, str]:
        """The status of the very first answer, and where it sends one ("" for nowhere).

        Raises ImportRefused, FetchFailed.
        """
        check_address(url)
        try:
            with closing(self._ask("GET", url, {}, follow=False)) as answer:
                return answer.status_code, answer.headers.get("Location", "")
        except (requests.ConnectionError, requests.Timeout) as error:
            raise FetchFailed(f"{host_of(url)} cannot be reached") from error

    def download(self, url: str, part: Part, *, limit: int, progress: Progress) -> str:
        """Bring a large file into ``part``, going on where an earlier attempt ended.

        Gives the type that the answer claims. Raises ImportRefused, FetchFailed, Interrupted.
        """
        fruitless = 0
        while True:
            before = part.size
            try:
                return self._continue(url, part, limit, progress)
            except FetchFailed:
                fruitless = 0 if part.size > before else fruitless + 1
                if fruitless == self._attempts:
                    raise
                self._pause(2.0**fruitless)

    def _continue(self, url: str, part: Part, limit: int, progress: Progress) -> str:
        headers = {"Accept-Encoding": "identity", **part.resume_headers()}
        with self._open(url, headers) as answer:
            if answer.status_code == 416:
                part.forget()
                raise FetchFailed("the file changed while it was fetched")
            _refuse_large(answer, limit, part.folder)
            with part.writing(answer) as file:
                there = file.tell()
                for chunk in self._chunks(answer, limit - there):
                    file.write(chunk)
                    there += len(chunk)
                    progress(there)
            return _mime(answer)

    @contextmanager
    def _open(
        self, url: str, headers: dict[str, str], method: str = "GET"
    ) -> Iterator[requests.Response]:
        check_address(url)
        answer = self._answer(method, url, headers)
        try:
            yield answer
        except (HTTPError, RequestException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # our own disk, not their network
            raise FetchFailed(f"{host_of(url)} broke the connection off") from error
        finally:
            answer.close()

    def _answer(self, method: str, url: str, headers: dict[str, str]) -> requests.Response:
        for attempt in range(1, self._attempts + 1):
            wait = 2.0**attempt
            try:
                answer = self._ask(method, url, headers)
            except (requests.ConnectionError, requests.Timeout) as error:
                problem = FetchFailed(f"{host_of(url)} cannot be reached")
                problem.__cause__ = error
            else:
                if answer.status_code not in _LATER:
                    return _accepted(answer, url)
                wait = _retry_after(answer, wait)
                problem = FetchFailed(f"{host_of(url)} answers {answer.status_code}")
                answer.close()
            if attempt == self._attempts:
                raise problem
            self._pause(wait)
        raise AssertionError("unreachable")

    def _ask(
        self, method: str, url: str, headers: dict[str, str], *, follow: bool = True
    ) -> requests.Response:
        login = self._login
        mine = login is not None and urlsplit(url).hostname == login.host
        try:
            return self._session().request(
                method,
                url,
                headers=headers,
                stream=True,
                allow_redirects=follow,
                auth=_basic(login) if login and mine else None,
            )
        except InvalidIPAddress as error:
            raise PrivateNetwork(
                f"{host_of(url)} leads into a private network, where we do not go"
            ) from error
        except requests.TooManyRedirects as error:
            raise ImportRefused(f"{host_of(url)} redirects without end") from error
        except (requests.ConnectionError, requests.Timeout):
            raise
        except (RequestException, HTTPError, ValueError) as error:
            raise ImportRefused(f"the address at {host_of(url)} cannot be used") from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._manager.get_session()
            session.max_redirects = MAX_REDIRECTS
            session.trust_env = False  # neither ~/.netrc nor a proxy inside the network
            self._sessions.append(session)
        return session

    def _chunks(self, answer: requests.Response, limit: int) -> Iterator[bytes]:
        """The body as it comes. Ends a trickle, a flood, and a body that breaks off."""
        promised, got, begun = _promised(answer), 0, time.monotonic()
        while True:
            if self._stopped():
                raise Interrupted
            chunk: bytes = answer.raw.read1(CHUNK, decode_content=True)
            if not chunk:
                break
            got += len(chunk)
            if got > limit:
                raise ImportRefused(f"it is larger than {limit / 1e6:.0f} MB")
            passed = time.monotonic() - begun
            if passed > PATIENCE and got < passed * SLOWEST:
                raise FetchFailed("it comes too slowly")
            yield chunk
        if promised is not None and got < promised:
            raise FetchFailed("the connection broke off")

    def _pause(self, seconds: float) -> None:
        until = min(seconds, LONGEST_WAIT)
        while until > 0:
            if self._stopped():
                raise Interrupted
            self._sleep(min(until, 1.0))
            until -= 1.0


def _basic(login: Login) -> HTTPBasicAuth:
    """As bytes, since a password may have letters that HTTP's own alphabet lacks."""
    return HTTPBasicAuth(login.name.encode(), login.password.encode())


def check_address(url: str) -> None:
    """Raise ImportRefused unless this is an http or https address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(url) > 4000:
        raise ImportRefused("an address must begin with https:// or http://")


def host_of(url: str) -> str:
    """The host alone: the rest of an address may be a secret."""
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"


def _accepted(answer: requests.Response, url: str) -> requests.Response:
    status = answer.status_code
    if status in {200, 206, 304, 416}:
        return answer
    answer.close()
    host = host_of(answer.url)
    if status in {401, 403}:
        raise Denied(f"{host} does not let us in ({status}): check address and password")
    if status in {404, 410}:
        raise ImportRefused(f"{host} says that this is not there ({status})")
    refused = Denied if status in {400, 405, 501} else ImportRefused
    raise refused(f"{host_of(url)} answers {status}")


def _retry_after(answer: requests.Response, otherwise: float) -> float:
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return otherwise


def _promised(answer: requests.Response) -> int | None:
    """The length of the body as it was announced, where it is not compressed."""
    text = answer.headers.get("Content-Length", "")
    encoded = answer.headers.get("Content-Encoding", "identity").lower() != "identity"
    return int(text) if text.isascii() and text.isdigit() and not encoded else None


def _whole(answer: requests.Response) -> int:
    """The length of the whole file of which a part was asked, 0 where it is not told."""
    if answer.status_code == 200:
        return _promised(answer) or 0
    size = answer.headers.get("Content-Range", "").rpartition("/")[2]
    return int(size) if size.isascii() and size.isdigit() else 0


def _refuse_large(answer: requests.Response, limit: int, folder: Path) -> None:
    size = _promised(answer) or 0
    if size > limit:
        raise ImportRefused(
            f"the file has {size / 1e6:.0f} MB; this server takes {limit / 1e6:.0f} MB"
        )
    if size + SPARE_DISK > shutil.disk_usage(folder).free:
        raise FetchFailed("there is no room on this server's disk")


def _mime(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _page(answer: requests.Response, data: bytes) -> Page:
    kind: Any = answer.headers.get("Content-Type", "")
    charset = requests.utils.get_encoding_from_headers(answer.headers) if "charset" in kind else ""
    return Page(
        data=data,
        url=answer.url,
        mime=_mime(answer),
        charset=charset or "",
        etag=answer.headers.get("ETag", "")[:500],
        modified=answer.headers.get("Last-Modified", "")[:100],
    )
