"""What every storage can do, the values it speaks in, and how it fails.

Objects are never public: whoever asks goes through the server, which checks access and then
streams the bytes or hands out a short-lived address. Keys are made by ``episodes.storage.keys``
and hold a hash of the content, so an object, once stored, never changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from episodes.errors import EpisodeError

CHUNK = 64 * 1024
# S3's rules for multipart uploads, kept on every backend so that one client code fits all.
MIN_PART = 5 * 1024 * 1024  # bytes; every part but the last
MAX_PART = 5 * 1024 * 1024 * 1024
MAX_PARTS = 10_000


class StorageError(EpisodeError):
    """Base of the family; the text says what to do."""


class BadKey(StorageError):
    """Not a name that an object may have."""


class BadRange(StorageError):
    """The bytes asked for are not a range: negative, or ending before the start."""


class BadUpload(StorageError):
    """A part or the list of parts cannot be used; the upload stays and can be continued."""


class ObjectMissing(StorageError):
    """There is no object with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no object “{key}” in the storage")
        self.key = key


class UploadMissing(StorageError):
    """There is no such upload under way: it was completed, given up, or never begun."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"there is no upload “{upload_id}” under way")
        self.upload_id = upload_id


class StreamEnded(StorageError):
    """The sender stopped before all announced bytes had come."""

    def __init__(self, got: int, expected: int) -> None:
        super().__init__(f"only {got} of {expected} bytes arrived: send it again")
        self.got = got
        self.expected = expected


class StorageUnavailable(StorageError):
    """The storage cannot be reached or used now: network, disk full, missing bucket."""


class StorageRefused(StorageUnavailable):
    """The storage answers, and refuses: wrong credentials or missing permission."""


class StoragePublic(StorageError):
    """Strangers can read the objects: the bucket must be made private first."""


class Readable(Protocol):
    """Anything that bytes can be read from: a file, a request's body, an ObjectReader."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


class Source(Readable, Protocol):
    """A Readable that holds something to let go of."""

    def close(self) -> None:
        """Let go of the file or connection."""
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What ``put`` and ``complete_upload`` stored. Size in bytes.

    ``sha256`` is None where the storage put the parts together without us seeing them.
    """

    key: str
    size: int
    etag: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """One object at a glance. Size in bytes, time in UTC."""

    key: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """The name of a multipart upload. Keep both fields to continue it after a restart."""

    key: str
    id: str


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An upload under way and when it was begun, in UTC."""

    upload: Upload
    started: datetime


@dataclass(frozen=True, slots=True)
class PartInfo:
    """A part that has arrived. Numbers count from 1; size in bytes."""

    number: int
    etag: str
    size: int


URL_WINDOW = 3600  # seconds


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Everything ``open_storage`` needs to know; empty strings mean the usual default."""

    backend: Literal["local", "s3", "memory"] = "local"
    folder: Path | None = None
    bucket: str = ""
    endpoint: str = ""  # empty for AWS
    # The address browsers and apps reach the bucket at, where it is not the server's own.
    public_endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)  # empty: the machine's own role
    secret_key: str = field(default="", repr=False)
    prefix: str = ""
    path_style: bool | None = None  # None: for every endpoint but AWS
    connect_timeout: float = 5.0  # seconds
    read_timeout: float = 30.0  # seconds
    attempts: int = 4
    # Signed addresses stay the same for a window and work for `url_grace` after its end, so
    # that a slow download or a long pause is not cut off. Both in seconds.
    url_window: int = URL_WINDOW
    url_grace: int = 6 * 3600


class Storage(Protocol):
    """A place for objects. Every method may raise StorageUnavailable and BadKey."""

    def put(
        self, key: str, stream: Readable, *, content_type: str, size: int | None = None
    ) -> StoredObject:
        """Store a whole stream, all or nothing, holding only a little of it in memory.

        With ``size`` exactly so many bytes are read, as from a request's body; StreamEnded
        where fewer come. An object of the same key is replaced in one step.
        """
        ...

    def open(self, key: str, start: int = 0, end: int | None = None) -> ObjectReader:
        """The bytes from ``start`` up to but not including ``end``, or to the object's end.

        An ``end`` past the object's end is that end. Raises ObjectMissing, BadRange.
        """
        ...

    def stat(self, key: str) -> ObjectStat | None:
        """Size, ETag and time of an object, or None."""
        ...

    def copy(self, source: str, target: str, *, content_type: str) -> StoredObject:
        """The same bytes under a second key, without passing through us. ObjectMissing."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; no objection if there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Every object whose key starts with ``prefix``, in no promised order."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The object as a file on this machine, or None. Raises ObjectMissing. Read only."""
        ...

    def presigned_get(
        self, key: str, *, now: datetime, content_type: str, filename: str = ""
    ) -> str | None:
        """A short-lived address of the object, the same all through a time window, or None.

        ``filename`` is what a browser calls the file when saving it. Answers GET and Range
        only, never HEAD. Does not look whether the object exists.
        """
        ...

    @property
    def address_window(self) -> int:
        """The length of those windows in seconds; they begin at the multiples of Unix time."""
        ...

    def begin_upload(self, key: str, content_type: str) -> Upload:
        """Open a multipart upload. Nothing is to be seen under ``key`` until it completes."""
        ...

    def put_part(self, upload: Upload, number: int, stream: Readable, size: int) -> PartInfo:
        """Store one part of exactly ``size`` bytes; sent again, the newer one counts.

        Raises UploadMissing, StreamEnded, BadUpload.
        """
        ...

    def presigned_part(self, upload: Upload, number: int, now: datetime) -> str | None:
        """An address to PUT one part to directly, or None where the server takes it."""
        ...

    def list_parts(self, upload: Upload) -> Sequence[PartInfo]:
        """The parts that have arrived, by number. Raises UploadMissing."""
        ...

    def complete_upload(self, upload: Upload, parts: Sequence[PartInfo]) -> StoredObject:
        """Join all parts that have arrived, in the order of their numbers, into the object.

        Raises UploadMissing, also the second time; BadUpload for a part that is absent, not
        named, of another ETag, or too small.
        """
        ...

    def abort_upload(self, upload: Upload) -> None:
        """Give an upload up and free its parts; no objection if there is none."""
        ...

    def list_uploads(self, older_than: datetime) -> Iterator[PendingUpload]:
        """Uploads begun before ``older_than`` and neither completed nor given up."""
        ...

    def sweep(self, older_than: datetime) -> int:
        """Clear what interrupted writes and uploads left before then; how many there were."""
        ...

    def allow_browser(self, origin: str) -> None:
        """Let pages of ``origin`` (https://host) send parts to presigned addresses."""
        ...

    def browser_may_send(self, origin: str, now: datetime) -> bool:
        """Whether pages of ``origin`` can send parts the way presigned_part says."""
        ...

    def check(self) -> None:
        """Write, read back and delete a probe object. Raises StorageError saying what fails."""
        ...


class ObjectReader(Iterator[bytes]):
    """A run of an object's bytes: iterate for chunks of 64 KiB, or ``read``. Close it after.

    ``size`` is the number of bytes that will come. Raises StorageUnavailable where the storage
    ends early, so that nobody takes half a file for a whole one.
    """

    __slots__ = ("_left", "_source", "size")

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size
        self.size = size

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, all that is left by default; none at the end."""
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted == 0:
            return b""
        try:
            data = self._source.read(wanted)
        except OSError as error:
            raise StorageUnavailable(f"the storage cannot be read: {error}") from error
        self._left -= len(data)
        if not data:
            raise StorageUnavailable(f"the storage ended {self._left} bytes too early")
        if size < 0 and self._left:
            return data + self.read()
        return data

    def __next__(self) -> bytes:
        data = self.read(CHUNK)
        if not data:
            self.close()
            raise StopIteration
        return data

    def close(self) -> None:
        """Let go of the file or connection. May be called more than once."""
        self._source.close()

    def __enter__(self) -> ObjectReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
