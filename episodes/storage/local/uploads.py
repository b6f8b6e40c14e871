"""Multipart uploads on disk: a folder per upload, a file per part.

    .uploads/<id>/upload.json      what it will become
    .uploads/<id>/00001            a part that has arrived whole

All state is in these files, so an upload goes on after a restart of the server.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from episodes.storage.base import PartInfo, PendingUpload, Readable, Upload, UploadMissing
from episodes.storage.local.files import (
    append_file,
    copy_stream,
    disk_errors,
    make_folder,
    new_file,
    place,
    sync_folder,
)
from episodes.storage.streams import MeasuredStream, check_part, choose_parts, from_timestamp

_ID = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"[0-9]{5}")
_ABOUT = "upload.json"


@dataclass(frozen=True, slots=True)
class Folders:
    """The storage's own folders, whose names no object can have."""

    root: Path
    writing: Path
    uploads: Path


def file_etag(stat: os.stat_result) -> str:
    """What changes whenever a file is replaced."""
    return f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"


def begin(folders: Folders, key: str) -> Upload:
    """Open an upload. Its folder appears complete, in one step."""
    upload = Upload(key, secrets.token_hex(16))
    with disk_errors("the upload cannot be begun"):
        new = folders.writing / upload.id
        make_folder(new)
        with new_file(new) as (temporary, file):
            file.write(json.dumps({"key": key}).encode())
        temporary.replace(new / _ABOUT)
        place(new, folders.uploads / upload.id, folders.root)
    return upload


def put_part(
    folders: Folders, upload: Upload, number: int, stream: Readable, size: int
) -> PartInfo:
    """Store one part; it counts only once it is whole and on disk."""
    check_part(number, size)
    folder = _folder(folders, upload)
    with new_file(folders.writing) as (temporary, file):
        copy_stream(MeasuredStream(stream, size), file)
    part = folder / f"{number:05d}"
    with disk_errors("the part cannot be stored"):
        stat = temporary.stat()
        try:
            temporary.replace(part)
        except FileNotFoundError:  # given up while the part came in
            temporary.unlink()
            raise UploadMissing(upload.id) from None
        sync_folder(folder)
    return PartInfo(number, file_etag(stat), size)


def list_parts(folders: Folders, upload: Upload) -> list[PartInfo]:
    """The parts on disk, by number."""
    folder = _folder(folders, upload)
    with disk_errors("the upload cannot be read"):
        found = [entry for entry in os.scandir(folder) if _PART.fullmatch(entry.name)]
        stats = sorted((int(entry.name), entry.stat(follow_symlinks=False)) for entry in found)
    return [PartInfo(number, file_etag(stat), stat.st_size) for number, stat in stats]


def join(folders: Folders, upload: Upload, parts: list[PartInfo], target: Path) -> None:
    """Make the object of these parts, then forget the upload.

    A crash in between leaves both, and joining again makes the same object.
    """
    chosen = choose_parts(list_parts(folders, upload), parts)
    folder = _folder(folders, upload)
    with disk_errors("the upload cannot be completed"):
        with new_file(folders.writing) as (temporary, file):
            for part in chosen:
                append_file(folder / f"{part.number:05d}", file)
        place(temporary, target, folders.root)
        _remove(folders, folder)


def abort(folders: Folders, upload: Upload) -> None:
    """Remove an upload and its parts."""
    try:
        folder = _folder(folders, upload)
    except UploadMissing:
        return
    with disk_errors("the upload cannot be removed"):
        _remove(folders, folder)


def list_uploads(folders: Folders, older_than: datetime) -> Iterator[PendingUpload]:
    """Uploads begun before ``older_than``, oldest names first."""
    if not folders.uploads.is_dir():
        return
    with disk_errors("the uploads cannot be listed"):
        names = sorted(entry.name for entry in os.scandir(folders.uploads))
    for name in names:
        found = _read_about(folders, name)
        if found is not None and found.started < older_than:
            yield found


def sweep_writing(folders: Folders, older_than: datetime) -> int:
    """Remove temporary files of writes that were cut off by a crash."""
    if not folders.writing.is_dir():
        return 0
    removed = 0
    with disk_errors("the temporary files cannot be cleared"):
        for entry in [*os.scandir(folders.writing)]:
            if from_timestamp(entry.stat(follow_symlinks=False).st_mtime) < older_than:
                _remove_any(Path(entry.path))
                removed += 1
    return removed


def _remove(folders: Folders, folder: Path) -> None:
    # Out of sight in one step, so that a crash leaves no upload with half its parts.
    doomed = folders.writing / folder.name
    folder.replace(doomed)
    shutil.rmtree(doomed)


def _remove_any(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _folder(folders: Folders, upload: Upload) -> Path:
    found = _read_about(folders, upload.id)
    if found is None or found.upload != upload:
        raise UploadMissing(upload.id)
    return folders.uploads / upload.id


def _read_about(folders: Folders, upload_id: str) -> PendingUpload | None:
    if not _ID.fullmatch(upload_id):
        return None
    path = folders.uploads / upload_id / _ABOUT
    try:
        about = json.loads(path.read_bytes())
        started = from_timestamp(path.stat().st_mtime)
    except FileNotFoundError:
        return None
    return PendingUpload(Upload(about["key"], upload_id), started)
