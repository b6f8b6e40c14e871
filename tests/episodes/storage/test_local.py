"""A folder as storage: whole files or none, no way out, and what a crash leaves."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from episodes.storage.base import (
    MIN_PART,
    BadKey,
    ObjectMissing,
    StorageUnavailable,
    StoredObject,
    UploadMissing,
)
from episodes.storage.local import LocalStorage

KEY = "shows/1/audio-1.mp3"
AUDIO = "audio/mpeg"
LATER = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(folder: Path) -> LocalStorage:
    return LocalStorage(folder)


def put(storage: LocalStorage, data: bytes, key: str = KEY) -> StoredObject:
    return storage.put(key, io.BytesIO(data), content_type=AUDIO)


def tomorrow() -> datetime:
    return datetime.now(UTC) + LATER


def left_behind(folder: Path) -> list[Path]:
    return [path for path in (folder / ".writing").rglob("*") if path.is_file()]


class TestSymbolicLinks:
    """Somebody put a link into the storage folder; it must not open the rest of the disk."""

    @pytest.fixture
    def secret(self, tmp_path: Path) -> Path:
        secret = tmp_path / "secret.mp3"
        secret.write_bytes(b"secret")
        return secret

    def operations(self, storage: LocalStorage) -> list[Callable[[], object]]:
        return [
            lambda: storage.open(KEY),
            lambda: storage.stat(KEY),
            lambda: storage.local_path(KEY),
            lambda: storage.copy(KEY, "copy.mp3", content_type=AUDIO),
        ]

    def test_a_link_as_the_object_is_not_followed(
        self, storage: LocalStorage, folder: Path, secret: Path
    ) -> None:
        (folder / KEY).parent.mkdir(parents=True)
        (folder / KEY).symlink_to(secret)
        for operation in self.operations(storage):
            with pytest.raises(BadKey):
                operation()
        assert list(storage.list()) == []

    def test_a_link_as_a_folder_is_not_followed(
        self, storage: LocalStorage, folder: Path, secret: Path
    ) -> None:
        outside = secret.parent / "outside" / "1"
        outside.mkdir(parents=True)
        (outside / "audio-1.mp3").write_bytes(b"outside")
        (folder / "shows").symlink_to(outside.parent)
        for operation in self.operations(storage):
            with pytest.raises(BadKey):
                operation()
        with pytest.raises(BadKey):
            storage.delete(KEY)
        with pytest.raises(BadKey):
            put(storage, b"overwritten")
        assert list(storage.list()) == []
        assert (outside / "audio-1.mp3").read_bytes() == b"outside"
        assert left_behind(folder) == []

    def test_putting_over_a_link_replaces_the_link_not_its_target(
        self, storage: LocalStorage, folder: Path, secret: Path
    ) -> None:
        (folder / KEY).parent.mkdir(parents=True)
        (folder / KEY).symlink_to(secret)
        put(storage, b"new")
        assert secret.read_bytes() == b"secret"
        assert not (folder / KEY).is_symlink()

    def test_deleting_a_link_leaves_its_target(
        self, storage: LocalStorage, folder: Path, secret: Path
    ) -> None:
        (folder / KEY).parent.mkdir(parents=True)
        (folder / KEY).symlink_to(secret)
        storage.delete(KEY)
        assert secret.read_bytes() == b"secret"
        assert not (folder / KEY).is_symlink()

    def test_the_storage_folder_itself_may_be_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "big-disk").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "big-disk")
        storage = LocalStorage(tmp_path / "link")
        put(storage, b"x")
        assert storage.stat(KEY) is not None


class TestFolder:
    def test_it_is_made_and_others_cannot_read_it(self, folder: Path) -> None:
        put(LocalStorage(folder), b"x")
        for path in [folder, folder / KEY, (folder / KEY).parent]:
            assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(StorageUnavailable, match="cannot be made"):
            LocalStorage(tmp_path / "file" / "storage")

    def test_files_that_are_not_objects_are_left_out_of_lists(
        self, storage: LocalStorage, folder: Path
    ) -> None:
        put(storage, b"x")
        (folder / "README").write_text("hello")
        (folder / "Notes.TXT").write_text("hello")
        os.mkfifo(folder / "pipe.mp3")
        assert [found.key for found in storage.list()] == [KEY]

    def test_a_folder_is_not_an_object(self, storage: LocalStorage, folder: Path) -> None:
        (folder / "shows" / "folder.mp3").mkdir(parents=True)
        with pytest.raises(ObjectMissing):
            storage.open("shows/folder.mp3")
        assert storage.stat("shows/folder.mp3") is None
        with pytest.raises(ObjectMissing):
            storage.local_path("shows/folder.mp3")

    def test_a_pipe_is_not_an_object_and_holds_nobody(
        self, storage: LocalStorage, folder: Path
    ) -> None:
        os.mkfifo(folder / "pipe.mp3")
        assert storage.stat("pipe.mp3") is None
        with pytest.raises(ObjectMissing):
            storage.open("pipe.mp3")

    def test_an_object_is_a_file_of_its_own(self, storage: LocalStorage, folder: Path) -> None:
        put(storage, b"data")
        assert storage.local_path(KEY) == folder / KEY
        assert (folder / KEY).read_bytes() == b"data"

    def test_a_missing_object_has_no_path(self, storage: LocalStorage) -> None:
        with pytest.raises(ObjectMissing):
            storage.local_path(KEY)

    def test_there_is_no_signed_address(self, storage: LocalStorage) -> None:
        now = datetime.now(UTC)
        upload = storage.begin_upload(KEY, AUDIO)
        assert storage.presigned_get(KEY, now=now, content_type=AUDIO) is None
        assert storage.presigned_part(upload, 1, now) is None


def test_a_full_disk_is_told_and_nothing_is_left(
    storage: LocalStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (folder / ".writing").mkdir()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageUnavailable, match="disk of the storage folder is full"):
        put(storage, b"data")
    assert left_behind(folder) == []
    assert storage.stat(KEY) is None


class TestCopies:
    def test_a_copy_takes_no_space(self, storage: LocalStorage, folder: Path) -> None:
        put(storage, b"data")
        storage.copy(KEY, "copy.mp3", content_type=AUDIO)
        assert (folder / KEY).stat().st_ino == (folder / "copy.mp3").stat().st_ino

    def test_a_copy_of_an_old_object_is_new(self, storage: LocalStorage, folder: Path) -> None:
        put(storage, b"data")
        os.utime(folder / KEY, (0, 0))
        storage.copy(KEY, "copy.mp3", content_type=AUDIO)
        found = storage.stat("copy.mp3")
        assert found is not None
        assert datetime.now(UTC) - found.modified < LATER

    def test_a_file_system_without_links_is_copied_on(
        self, storage: LocalStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        put(storage, b"data")
        monkeypatch.setattr(os, "link", refuse)
        storage.copy(KEY, "copy.mp3", content_type=AUDIO)
        assert (folder / "copy.mp3").read_bytes() == b"data"
        assert left_behind(folder) == []


class TestRestart:
    """Uploads are files: another process goes on with them."""

    def test_an_upload_goes_on_in_a_new_process(self, folder: Path) -> None:
        first, last = bytes(MIN_PART), b"end"
        upload = LocalStorage(folder).begin_upload(KEY, AUDIO)
        LocalStorage(folder).put_part(upload, 1, io.BytesIO(first), len(first))
        fresh = LocalStorage(folder)
        assert [part.number for part in fresh.list_parts(upload)] == [1]
        fresh.put_part(upload, 2, io.BytesIO(last), len(last))
        fresh.complete_upload(upload, fresh.list_parts(upload))
        assert (folder / KEY).read_bytes() == first + last

    def test_a_file_system_that_cannot_copy_inside_joins_all_the_same(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(os, "copy_file_range", refuse)
        storage = LocalStorage(folder)
        upload = storage.begin_upload(KEY, AUDIO)
        part = storage.put_part(upload, 1, io.BytesIO(b"data"), 4)
        storage.complete_upload(upload, [part])
        assert (folder / KEY).read_bytes() == b"data"

    def test_a_part_that_comes_in_while_the_upload_is_given_up_is_dropped(
        self, storage: LocalStorage, folder: Path
    ) -> None:
        upload = storage.begin_upload(KEY, AUDIO)

        class Meanwhile(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                storage.abort_upload(upload)
                return super().read(size)

        with pytest.raises(UploadMissing):
            storage.put_part(upload, 1, Meanwhile(b"data"), 4)
        assert left_behind(folder) == []
        assert list(storage.list_uploads(tomorrow())) == []


# Runs one operation in a process of its own that dies, as by kill -9, at the named call.
CRASH = """
import io, os, shutil, sys
from pathlib import Path
from episodes.storage.base import PartInfo, Upload
from episodes.storage.local import LocalStorage

storage = LocalStorage(Path(sys.argv[1]))
def die(*_, **__):
    os._exit(9)
{setup}
{owner}.{call} = die
{operation}
"""
PUT = "storage.put('shows/1/audio-1.mp3', io.BytesIO(b'new'), content_type='audio/mpeg')"
BEGIN = "upload = storage.begin_upload('shows/1/audio-1.mp3', 'audio/mpeg')"
PART = f"{BEGIN}; part = storage.put_part(upload, 1, io.BytesIO(b'new'), 3)"


def crash(folder: Path, owner: str, call: str, operation: str, setup: str = "") -> None:
    code = textwrap.dedent(CRASH).format(owner=owner, call=call, operation=operation, setup=setup)
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False, cwd=Path.cwd())
    assert done.returncode == 9


class TestCrash:
    @pytest.mark.parametrize(("owner", "call"), [("os", "fsync"), ("Path", "replace")])
    def test_before_the_name_is_given_there_is_no_object(
        self, storage: LocalStorage, folder: Path, owner: str, call: str
    ) -> None:
        (folder / ".writing").mkdir()  # as after the first write
        crash(folder, owner, call, PUT)
        assert storage.stat(KEY) is None
        assert list(storage.list()) == []
        assert len(left_behind(folder)) == 1

    def test_the_old_object_stays_whole(self, storage: LocalStorage, folder: Path) -> None:
        put(storage, b"old")
        crash(folder, "Path", "replace", PUT)
        assert (folder / KEY).read_bytes() == b"old"

    def test_a_sweep_clears_what_is_left_once_it_is_old(
        self, storage: LocalStorage, folder: Path
    ) -> None:
        crash(folder, "Path", "replace", PUT)
        assert storage.sweep(datetime.now(UTC) - LATER) == 0
        assert storage.sweep(tomorrow()) == 1
        assert left_behind(folder) == []

    @pytest.mark.parametrize("call", ["replace", "mkdir"])
    def test_an_upload_half_begun_is_no_upload(
        self, storage: LocalStorage, folder: Path, call: str
    ) -> None:
        crash(folder, "Path", call, BEGIN)
        assert list(storage.list_uploads(tomorrow())) == []
        storage.sweep(tomorrow())
        assert left_behind(folder) == []

    def test_a_part_half_sent_does_not_count(self, storage: LocalStorage, folder: Path) -> None:
        crash(folder, "Path", "replace", PART.split("; ")[1], setup=BEGIN)
        (pending,) = storage.list_uploads(tomorrow())
        assert list(storage.list_parts(pending.upload)) == []

    def test_while_joining_the_upload_can_be_completed_again(
        self, storage: LocalStorage, folder: Path
    ) -> None:
        crash(folder, "Path", "replace", "storage.complete_upload(upload, [part])", setup=PART)
        assert storage.stat(KEY) is None
        (pending,) = storage.list_uploads(tomorrow())
        storage.complete_upload(pending.upload, storage.list_parts(pending.upload))
        assert (folder / KEY).read_bytes() == b"new"

    def test_after_joining_too(self, storage: LocalStorage, folder: Path) -> None:
        operation = "storage.complete_upload(upload, [part])"
        setup = f"{PART}; from episodes.storage.local import uploads"
        crash(folder, "uploads", "_remove", operation, setup)
        assert (folder / KEY).read_bytes() == b"new"
        (pending,) = storage.list_uploads(tomorrow())
        storage.complete_upload(pending.upload, storage.list_parts(pending.upload))
        assert (folder / KEY).read_bytes() == b"new"
        assert list(storage.list_uploads(tomorrow())) == []


SPARSE_PUT = """
import resource, sys
from pathlib import Path
from episodes.storage.local import LocalStorage

storage = LocalStorage(Path(sys.argv[1]))
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
with open(sys.argv[2], "rb", buffering=0) as source:
    stored = storage.put("big.mp3", source, content_type="audio/mpeg", size=1 << 30)
assert stored.size == 1 << 30
print(peak() - before)
"""


@pytest.mark.slow
def test_a_gigabyte_passes_through_little_memory(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        file.truncate(1 << 30)
    done = subprocess.run(
        [sys.executable, "-c", SPARSE_PUT, str(folder), str(source)],
        check=True,
        capture_output=True,
        cwd=Path.cwd(),
    )
    assert int(done.stdout) < 16 * 1024  # KiB above the start
