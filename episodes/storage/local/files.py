"""Writing files so that a crash leaves the old file, the new file, or nothing: never half.

The bytes go to a temporary file on the same file system, reach the disk, and only then take
their name; the folder is synced too, or the name itself could be lost with the power.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from episodes.storage.base import BadKey, Readable, StorageUnavailable

# Readable by the group, so that a web server in front may be let in; never by everybody.
FILE_MODE, FOLDER_MODE = 0o640, 0o750
_COPY_CHUNK = 256 * 1024
_CANNOT_LINK = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}
_CANNOT_COPY_INSIDE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextlib.contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the system's errors into StorageUnavailable with a sentence about ``what``."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"{what}: {_explain(error)}") from error


def _explain(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk of the storage folder is full"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "the server has no right to write in the storage folder"
    return error.strerror or str(error)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, each safely on disk."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=FOLDER_MODE)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A fresh temporary file, on disk once the block ends, gone if the block fails."""
    path = folder / secrets.token_hex(16)
    with disk_errors("the file cannot be written"):
        make_folder(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.fdopen(os.open(path, flags, FILE_MODE), "wb", buffering=0)
    try:
        with file:
            yield path, file
            with disk_errors("the file cannot be written"):
                os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def copy_stream(stream: Readable, file: BinaryIO) -> None:
    """Write a stream to a file, a little at a time. The sender's own errors pass as they are."""
    while data := stream.read(_COPY_CHUNK):
        with disk_errors("the file cannot be written"):
            _write_all(file, data)


def _write_all(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def append_file(source: Path, target: BinaryIO) -> None:
    """Append a whole file, inside the kernel where it can (no copy at all on some systems)."""
    with source.open("rb", buffering=0) as file:
        left = os.fstat(file.fileno()).st_size
        try:
            while left:
                left -= os.copy_file_range(file.fileno(), target.fileno(), left)
        except OSError as error:
            if error.errno not in _CANNOT_COPY_INSIDE:
                raise
            while data := file.read(_COPY_CHUNK):
                _write_all(target, data)


def link_or_copy(source: Path, folder: Path) -> Path:
    """The same bytes under a temporary name in ``folder``: a second link where possible.

    Objects are replaced, never written into, so two names may share their bytes. The date is
    renewed (of both names): a fresh object must not look like a forgotten one.
    """
    make_folder(folder)
    path = folder / secrets.token_hex(16)
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        with new_file(folder) as (path, file):
            append_file(source, file)
    os.utime(path)
    return path


def place(temporary: Path, path: Path, root: Path) -> None:
    """Give a finished temporary file its name, in one step, replacing what had it before."""
    make_folder(path.parent)
    refuse_links(path.parent, root)
    temporary.replace(path)
    sync_folder(path.parent)


def refuse_links(path: Path, root: Path) -> None:
    """Raises BadKey where a symbolic link on the way leads somewhere else.

    ``root`` is already a real path, so any difference lies inside the storage.
    """
    if os.path.realpath(path) != str(path):
        raise BadKey(f"“{path.relative_to(root)}” is reached through a symbolic link")
