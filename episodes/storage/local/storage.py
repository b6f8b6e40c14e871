"""The storage protocol on a folder."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from episodes.storage.base import (
    URL_WINDOW,
    BadKey,
    ObjectMissing,
    ObjectReader,
    ObjectStat,
    PartInfo,
    PendingUpload,
    Readable,
    StoredObject,
    Upload,
)
from episodes.storage.keys import check_key
from episodes.storage.local import uploads
from episodes.storage.local.files import (
    copy_stream,
    disk_errors,
    link_or_copy,
    make_folder,
    new_file,
    place,
    refuse_links,
)
from episodes.storage.local.uploads import Folders, file_etag
from episodes.storage.probe import probe_storage
from episodes.storage.streams import MeasuredStream, clip_range, from_timestamp


class LocalStorage:
    """Storage in a folder, which is made if need be. The folder itself may be a link."""

    def __init__(self, folder: Path) -> None:
        root = Path(os.path.realpath(folder))
        with disk_errors(f"the storage folder {root} cannot be made"):
            make_folder(root)
        self._folders = Folders(root, root / ".writing", root / ".uploads")

    def put(
        self, key: str, stream: Readable, *, content_type: str, size: int | None = None
    ) -> StoredObject:
        """See Storage."""
        del content_type  # whoever serves the object knows its type from the database
        path = self._path(key)
        measured = MeasuredStream(stream, size)
        with new_file(self._folders.writing) as (temporary, file):
            copy_stream(measured, file)
        return self._publish(temporary, key, path, measured.sha256)

    def open(self, key: str, start: int = 0, end: int | None = None) -> ObjectReader:
        """See Storage."""
        descriptor = self._open_file(key)
        try:
            first, stop = clip_range(start, end, _file_size(descriptor, key))
            os.lseek(descriptor, first, os.SEEK_SET)
            return ObjectReader(os.fdopen(descriptor, "rb", buffering=0), stop - first)
        except BaseException:
            os.close(descriptor)
            raise

    def stat(self, key: str) -> ObjectStat | None:
        """See Storage."""
        path = self._real_path(key)
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _describe(key, found) if stat.S_ISREG(found.st_mode) else None

    def copy(self, source: str, target: str, *, content_type: str) -> StoredObject:
        """See Storage. Costs no space: both names share the bytes."""
        del content_type
        path = self._path(target)
        origin = self._existing(source)
        with disk_errors(f"“{source}” cannot be copied"):
            temporary = link_or_copy(origin, self._folders.writing)
        return self._publish(temporary, target, path, None)

    def delete(self, key: str) -> None:
        """See Storage."""
        path = self._path(key)
        refuse_links(path.parent, self._folders.root)
        with disk_errors(f"“{key}” cannot be deleted"), contextlib.suppress(NotADirectoryError):
            path.unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See Storage. Files that are not objects are left out."""
        yield from self._walk(self._folders.root, "", prefix)

    def local_path(self, key: str) -> Path | None:
        """See Storage."""
        return self._existing(key)

    def presigned_get(
        self, key: str, *, now: datetime, content_type: str, filename: str = ""
    ) -> str | None:
        """None: the server streams the file."""
        check_key(key)
        return None

    @property
    def address_window(self) -> int:
        """As good as any other: there are no addresses that expire."""
        return URL_WINDOW

    def begin_upload(self, key: str, content_type: str) -> Upload:
        """See Storage."""
        del content_type
        return uploads.begin(self._folders, check_key(key))

    def put_part(self, upload: Upload, number: int, stream: Readable, size: int) -> PartInfo:
        """See Storage."""
        return uploads.put_part(self._folders, upload, number, stream, size)

    def presigned_part(self, upload: Upload, number: int, now: datetime) -> str | None:
        """None: the server takes the parts."""
        return None

    def list_parts(self, upload: Upload) -> Sequence[PartInfo]:
        """See Storage."""
        return uploads.list_parts(self._folders, upload)

    def complete_upload(self, upload: Upload, parts: Sequence[PartInfo]) -> StoredObject:
        """See Storage."""
        path = self._path(upload.key)
        uploads.join(self._folders, upload, [*parts], path)
        return self._stored(upload.key, path, None)

    def abort_upload(self, upload: Upload) -> None:
        """See Storage."""
        uploads.abort(self._folders, upload)

    def list_uploads(self, older_than: datetime) -> Iterator[PendingUpload]:
        """See Storage."""
        return uploads.list_uploads(self._folders, older_than)

    def sweep(self, older_than: datetime) -> int:
        """See Storage."""
        stale = [*self.list_uploads(older_than)]
        for pending in stale:
            self.abort_upload(pending.upload)
        return len(stale) + uploads.sweep_writing(self._folders, older_than)

    def allow_browser(self, origin: str) -> None:
        """Nothing to allow: the server takes the parts."""

    def browser_may_send(self, origin: str, now: datetime) -> bool:
        """See Storage: they send to the server, which they are from."""
        return True

    def check(self) -> None:
        """See Storage."""
        probe_storage(self)

    def _path(self, key: str) -> Path:
        return self._folders.root / check_key(key)

    def _real_path(self, key: str) -> Path:
        path = self._path(key)
        refuse_links(path, self._folders.root)
        return path

    def _open_file(self, key: str) -> int:
        path = self._real_path(key)
        # Without O_NONBLOCK a pipe somebody put there would hold us for ever.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with disk_errors(f"“{key}” cannot be read"):
            try:
                return os.open(path, flags)
            except (FileNotFoundError, NotADirectoryError):
                raise ObjectMissing(key) from None

    def _existing(self, key: str) -> Path:
        path = self._real_path(key)
        if not path.is_file():
            raise ObjectMissing(key)
        return path

    def _publish(self, temporary: Path, key: str, path: Path, sha256: str | None) -> StoredObject:
        try:
            with disk_errors(f"“{key}” cannot be stored"):
                place(temporary, path, self._folders.root)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return self._stored(key, path, sha256)

    def _stored(self, key: str, path: Path, sha256: str | None) -> StoredObject:
        with disk_errors(f"“{key}” cannot be read"):
            found = path.lstat()
        return StoredObject(key, found.st_size, file_etag(found), sha256)

    def _walk(self, folder: Path, base: str, prefix: str) -> Iterator[ObjectStat]:
        with disk_errors("the storage folder cannot be listed"):
            entries = {
                entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""): entry
                for entry in os.scandir(folder)
            }
        # With "/" in the name, folders sort among files as whole keys do.
        for name, entry in sorted(entries.items()):
            key = base + name
            if name.endswith("/"):
                wanted = key.startswith(prefix) or prefix.startswith(key)
                if wanted and not name.startswith("."):
                    yield from self._walk(folder / entry.name, key, prefix)
            elif key.startswith(prefix) and entry.is_file(follow_symlinks=False):
                found = _describe_entry(key, entry)
                if found is not None:
                    yield found


def _file_size(descriptor: int, key: str) -> int:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ObjectMissing(key)
    return found.st_size


def _describe_entry(key: str, entry: os.DirEntry[str]) -> ObjectStat | None:
    try:
        return _describe(check_key(key), entry.stat(follow_symlinks=False))
    except (BadKey, FileNotFoundError):
        return None  # not ours (a stray README), or deleted since the folder was read


def _describe(key: str, found: os.stat_result) -> ObjectStat:
    return ObjectStat(key, found.st_size, file_etag(found), from_timestamp(found.st_mtime))
