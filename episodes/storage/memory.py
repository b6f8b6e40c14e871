"""A storage that forgets: for tests."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from episodes.storage.base import (
    CHUNK,
    URL_WINDOW,
    ObjectMissing,
    ObjectReader,
    ObjectStat,
    PartInfo,
    PendingUpload,
    Readable,
    StoredObject,
    Upload,
    UploadMissing,
)
from episodes.storage.keys import check_key
from episodes.storage.probe import probe_storage
from episodes.storage.streams import MeasuredStream, check_part, choose_parts, clip_range


@dataclass(slots=True)
class _Pending:
    started: datetime
    parts: dict[int, tuple[PartInfo, bytes]] = field(default_factory=dict)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryStorage:
    """Storage in a dictionary. ``clock`` dates the objects."""

    def __init__(self, clock: Callable[[], datetime] = _utc_now) -> None:
        self._clock = clock
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._uploads: dict[Upload, _Pending] = {}

    def put(
        self, key: str, stream: Readable, *, content_type: str, size: int | None = None
    ) -> StoredObject:
        """See Storage."""
        del content_type
        check_key(key)
        data = _read_all(stream, size)
        return self._store(key, data)

    def open(self, key: str, start: int = 0, end: int | None = None) -> ObjectReader:
        """See Storage."""
        data, _ = self._find(key)
        first, stop = clip_range(start, end, len(data))
        return ObjectReader(io.BytesIO(data[first:stop]), stop - first)

    def stat(self, key: str) -> ObjectStat | None:
        """See Storage."""
        found = self._objects.get(check_key(key))
        return None if found is None else _describe(key, *found)

    def copy(self, source: str, target: str, *, content_type: str) -> StoredObject:
        """See Storage."""
        del content_type
        check_key(target)
        data, _ = self._find(source)
        return self._store(target, data)

    def delete(self, key: str) -> None:
        """See Storage."""
        self._objects.pop(check_key(key), None)

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See Storage."""
        for key, found in sorted(self._objects.items()):
            if key.startswith(prefix):
                yield _describe(key, *found)

    def local_path(self, key: str) -> Path | None:
        """Never a file."""
        check_key(key)
        return None

    def presigned_get(
        self, key: str, *, now: datetime, content_type: str, filename: str = ""
    ) -> str | None:
        """Never an address of its own."""
        check_key(key)
        return None

    @property
    def address_window(self) -> int:
        """As good as any other: there are no addresses that expire."""
        return URL_WINDOW

    def begin_upload(self, key: str, content_type: str) -> Upload:
        """See Storage."""
        del content_type
        upload = Upload(check_key(key), secrets.token_hex(16))
        self._uploads[upload] = _Pending(self._clock())
        return upload

    def put_part(self, upload: Upload, number: int, stream: Readable, size: int) -> PartInfo:
        """See Storage."""
        check_part(number, size)
        pending = self._pending(upload)
        data = _read_all(stream, size)
        part = PartInfo(number, _etag(data), size)
        pending.parts[number] = (part, data)
        return part

    def presigned_part(self, upload: Upload, number: int, now: datetime) -> str | None:
        """The server takes the parts."""
        return None

    def list_parts(self, upload: Upload) -> Sequence[PartInfo]:
        """See Storage."""
        return [part for _, (part, _) in sorted(self._pending(upload).parts.items())]

    def complete_upload(self, upload: Upload, parts: Sequence[PartInfo]) -> StoredObject:
        """See Storage."""
        pending = self._pending(upload)
        chosen = choose_parts([*self.list_parts(upload)], [*parts])
        stored = self._store(upload.key, b"".join(pending.parts[part.number][1] for part in chosen))
        del self._uploads[upload]
        return stored

    def abort_upload(self, upload: Upload) -> None:
        """See Storage."""
        self._uploads.pop(upload, None)

    def list_uploads(self, older_than: datetime) -> Iterator[PendingUpload]:
        """See Storage."""
        for upload, pending in [*self._uploads.items()]:
            if pending.started < older_than:
                yield PendingUpload(upload, pending.started)

    def sweep(self, older_than: datetime) -> int:
        """See Storage."""
        stale = [*self.list_uploads(older_than)]
        for pending in stale:
            self.abort_upload(pending.upload)
        return len(stale)

    def allow_browser(self, origin: str) -> None:
        """Nothing to allow: the server takes the parts."""

    def browser_may_send(self, origin: str, now: datetime) -> bool:
        """See Storage: they send to the server, which they are from."""
        return True

    def check(self) -> None:
        """See Storage."""
        probe_storage(self)

    def _find(self, key: str) -> tuple[bytes, datetime]:
        found = self._objects.get(check_key(key))
        if found is None:
            raise ObjectMissing(key)
        return found

    def _pending(self, upload: Upload) -> _Pending:
        pending = self._uploads.get(upload)
        if pending is None:
            raise UploadMissing(upload.id)
        return pending

    def _store(self, key: str, data: bytes) -> StoredObject:
        self._objects[key] = (data, self._clock())
        return StoredObject(key, len(data), _etag(data), hashlib.sha256(data).hexdigest())


def _read_all(stream: Readable, size: int | None) -> bytes:
    measured = MeasuredStream(stream, size)
    return b"".join(iter(lambda: measured.read(CHUNK), b""))


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _describe(key: str, data: bytes, modified: datetime) -> ObjectStat:
    return ObjectStat(key, len(data), _etag(data), modified)
