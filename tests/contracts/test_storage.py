"""What every storage promises. One suite; each backend is one parameter of the fixture."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from episodes.storage.base import (
    CHUNK,
    MIN_PART,
    BadKey,
    BadRange,
    BadUpload,
    ObjectMissing,
    ObjectStat,
    PartInfo,
    Storage,
    StorageSettings,
    StoredObject,
    StreamEnded,
    Upload,
    UploadMissing,
)
from episodes.storage.choose import open_storage

pytest_plugins = ["tests.s3_server"]

KEY = "shows/1/episodes/abc/audio-0123.mp3"
OTHER = "shows/1/episodes/abd/audio-0123.mp3"
AUDIO = "audio/mpeg"
DATA = random.Random(7).randbytes(3 * CHUNK + 17)
# Object stores name times in whole seconds, by their own clock.
CLOCK_TOLERANCE = timedelta(seconds=5)


@pytest.fixture(params=["local", "memory", pytest.param("s3", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "s3":
        return open_storage(request.getfixturevalue("s3_settings"))
    return open_storage(StorageSettings(backend=request.param, folder=tmp_path / "storage"))


def put(storage: Storage, key: str, data: bytes, *, size: int | None = None) -> StoredObject:
    return storage.put(key, io.BytesIO(data), content_type=AUDIO, size=size)


def known(storage: Storage, key: str) -> ObjectStat:
    """What there is; it must be there."""
    found = storage.stat(key)
    assert found is not None
    return found


def read(storage: Storage, key: str) -> bytes:
    with storage.open(key) as reader:
        return b"".join(reader)


def put_parts(storage: Storage, upload: Upload, *parts: bytes) -> list[PartInfo]:
    return [
        storage.put_part(upload, number, io.BytesIO(data), len(data))
        for number, data in enumerate(parts, 1)
    ]


def soon() -> datetime:
    return datetime.now(UTC) + CLOCK_TOLERANCE


class Trickle:
    """A stream that gives little at a time, as a slow connection does, and cannot be rewound."""

    def __init__(self, data: bytes, step: int = 999) -> None:
        self._file = io.BytesIO(data)
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._step) if size >= 0 else self._step)


class TestPutAndOpen:
    def test_what_was_put_is_read_back(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        assert read(storage, KEY) == DATA

    def test_putting_says_what_was_stored(self, storage: Storage) -> None:
        stored = put(storage, KEY, DATA)
        assert (stored.key, stored.size) == (KEY, len(DATA))
        assert stored.sha256 == hashlib.sha256(DATA).hexdigest()
        assert stored.etag == known(storage, KEY).etag

    def test_a_stream_that_trickles_is_stored_whole(self, storage: Storage) -> None:
        storage.put(KEY, Trickle(DATA), content_type=AUDIO)
        assert read(storage, KEY) == DATA

    def test_with_a_size_no_byte_past_it_is_read(self, storage: Storage) -> None:
        stream = io.BytesIO(DATA + b"next request")
        stored = storage.put(KEY, stream, content_type=AUDIO, size=len(DATA))
        assert stored.size == len(DATA)
        assert stream.read() == b"next request"

    def test_a_stream_that_ends_early_leaves_nothing(self, storage: Storage) -> None:
        with pytest.raises(StreamEnded):
            put(storage, KEY, DATA, size=len(DATA) + 1)
        assert storage.stat(KEY) is None
        assert list(storage.list()) == []

    def test_a_stream_that_fails_keeps_the_old_object(self, storage: Storage) -> None:
        class Broken:
            def read(self, size: int, /) -> bytes:
                raise ConnectionResetError("gone")

        put(storage, KEY, b"old")
        with pytest.raises(ConnectionResetError):
            storage.put(KEY, Broken(), content_type=AUDIO)
        assert read(storage, KEY) == b"old"

    def test_an_object_of_the_same_key_is_replaced(self, storage: Storage) -> None:
        first = put(storage, KEY, b"one")
        second = put(storage, KEY, b"two")
        assert read(storage, KEY) == b"two"
        assert first.etag != second.etag

    def test_a_reader_keeps_its_object_while_it_is_replaced(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        with storage.open(KEY) as reader:
            first = next(reader)
            put(storage, KEY, b"new")
            assert first + b"".join(reader) == DATA

    def test_an_empty_object_is_an_object(self, storage: Storage) -> None:
        stored = put(storage, KEY, b"", size=0)
        assert stored.size == 0
        assert read(storage, KEY) == b""
        assert known(storage, KEY).size == 0

    def test_opening_what_is_not_there_is_told_at_once(self, storage: Storage) -> None:
        with pytest.raises(ObjectMissing) as caught:
            storage.open(KEY)
        assert caught.value.key == KEY

    def test_a_reader_knows_its_size_and_gives_chunks(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        with storage.open(KEY) as reader:
            assert reader.size == len(DATA)
            assert all(0 < len(chunk) <= CHUNK for chunk in reader)

    def test_a_reader_can_be_put_again(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        with storage.open(KEY, 5, 50) as reader:
            storage.put(OTHER, reader, content_type=AUDIO, size=reader.size)
        assert read(storage, OTHER) == DATA[5:50]


SIZE = len(DATA)


class TestRanges:
    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (0, 2),
            (0, None),
            (1, None),
            (SIZE - 1, None),
            (SIZE - 1, SIZE),
            (100, 100),
            (0, 0),
            (CHUNK - 1, CHUNK + 1),
            (10, SIZE + 1000),
            (SIZE, None),
            (SIZE + 5, None),
            (SIZE + 5, SIZE + 9),
        ],
    )
    def test_a_range_is_cut_as_python_cuts(
        self, storage: Storage, start: int, end: int | None
    ) -> None:
        put(storage, KEY, DATA)
        with storage.open(KEY, start, end) as reader:
            assert reader.size == len(DATA[start:end])
            assert reader.read() == DATA[start:end]

    @pytest.mark.parametrize(("start", "end"), [(-1, None), (5, 4), (0, -1)])
    def test_nonsense_is_refused(self, storage: Storage, start: int, end: int | None) -> None:
        put(storage, KEY, DATA)
        with pytest.raises(BadRange):
            storage.open(KEY, start, end)

    @pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 5), (7, 7)])
    def test_a_range_of_nothing_is_missing(
        self, storage: Storage, start: int, end: int | None
    ) -> None:
        with pytest.raises(ObjectMissing):
            storage.open(KEY, start, end)


class TestStatDeleteList:
    def test_stat_tells_size_and_time(self, storage: Storage) -> None:
        before = datetime.now(UTC)
        put(storage, KEY, DATA)
        found = known(storage, KEY)
        assert (found.key, found.size) == (KEY, len(DATA))
        assert abs(found.modified - before) < CLOCK_TOLERANCE
        assert found.modified.tzinfo is UTC

    def test_stat_of_nothing_is_none(self, storage: Storage) -> None:
        assert storage.stat(KEY) is None

    def test_a_deleted_object_is_gone(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        storage.delete(KEY)
        assert storage.stat(KEY) is None
        assert list(storage.list()) == []

    def test_deleting_twice_is_no_error(self, storage: Storage) -> None:
        storage.delete(KEY)
        storage.delete(KEY)

    def test_a_list_names_every_object_once(self, storage: Storage) -> None:
        keys = ["a/x.mp3", "a-b/x.mp3", "a0/x.mp3", "a/b/x.mp3", "a.mp3", "b.mp3"]
        for key in keys:
            put(storage, key, b"x")
        assert sorted(found.key for found in storage.list()) == sorted(keys)

    def test_a_prefix_may_end_inside_a_name(self, storage: Storage) -> None:
        for key in ["shows/1/a.mp3", "shows/10/a.mp3", "shows/2/a.mp3", "other/a.mp3"]:
            put(storage, key, b"x")
        assert {found.key for found in storage.list("shows/1")} == {
            "shows/1/a.mp3",
            "shows/10/a.mp3",
        }
        assert [found.key for found in storage.list("shows/1/")] == ["shows/1/a.mp3"]

    def test_a_listed_object_looks_as_stat_says(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        (listed,) = storage.list()
        found = known(storage, KEY)
        assert (listed.key, listed.size, listed.etag) == (found.key, found.size, found.etag)


class TestCopy:
    def test_a_copy_has_the_same_bytes(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        stored = storage.copy(KEY, OTHER, content_type="audio/mp4")
        assert (stored.key, stored.size) == (OTHER, len(DATA))
        assert read(storage, OTHER) == DATA

    def test_a_copy_outlives_its_source(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        storage.copy(KEY, OTHER, content_type=AUDIO)
        put(storage, KEY, b"replaced")
        storage.delete(KEY)
        assert read(storage, OTHER) == DATA

    def test_a_copy_replaces_what_was_there(self, storage: Storage) -> None:
        put(storage, KEY, DATA)
        put(storage, OTHER, b"old")
        storage.copy(KEY, OTHER, content_type=AUDIO)
        assert read(storage, OTHER) == DATA

    def test_there_must_be_something_to_copy(self, storage: Storage) -> None:
        with pytest.raises(ObjectMissing):
            storage.copy(KEY, OTHER, content_type=AUDIO)
        assert storage.stat(OTHER) is None


ATTACKS = [
    "",
    "/",
    ".",
    "..",
    "/etc/passwd",
    "../outside.mp3",
    "shows/../../outside.mp3",
    "shows/./a.mp3",
    "shows//a.mp3",
    "shows/a.mp3/",
    "shows\\..\\a.mp3",
    "shows/a.mp3\0.png",
    "shows/a.mp3\n",
    "shows/%2e%2e/a.mp3",
    "shows/\u2025/a.mp3",
    "shows/\u202ea.mp3",
    "-rf.mp3",
    ".writing/a.mp3",
    ".uploads/a.mp3",
    "shows/.hidden.mp3",
    "shows/a..mp3",
    "SHOWS/a.mp3",
    "c:/a.mp3",
    "a" * 600 + ".mp3",
    "a/" * 300 + "a.mp3",
    "no-extension",
    "folder.mp3/a.mp3",
]


@pytest.mark.parametrize("key", ATTACKS, ids=[repr(key[:20]) for key in ATTACKS])
def test_a_name_outside_the_grammar_is_refused_by_every_operation(
    storage: Storage, key: str
) -> None:
    now = datetime.now(UTC)
    operations: list[Callable[[], object]] = [
        lambda: put(storage, key, b"x"),
        lambda: storage.open(key),
        lambda: storage.open(key, 0, 0),
        lambda: storage.stat(key),
        lambda: storage.copy(KEY, key, content_type=AUDIO),
        lambda: storage.copy(key, KEY, content_type=AUDIO),
        lambda: storage.delete(key),
        lambda: storage.local_path(key),
        lambda: storage.presigned_get(key, now=now, content_type=AUDIO),
        lambda: storage.begin_upload(key, AUDIO),
    ]
    for operation in operations:
        with pytest.raises(BadKey):
            operation()


class TestUploads:
    FIRST, LAST = DATA * (MIN_PART // len(DATA) + 1), b"the end"

    def test_parts_become_the_object(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, self.FIRST, self.LAST)
        stored = storage.complete_upload(upload, parts)
        assert (stored.key, stored.size) == (KEY, len(self.FIRST) + len(self.LAST))
        assert stored.etag == known(storage, KEY).etag
        assert read(storage, KEY) == self.FIRST + self.LAST

    def test_parts_may_come_in_any_order(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        storage.put_part(upload, 7, io.BytesIO(self.LAST), len(self.LAST))
        storage.put_part(upload, 2, Trickle(self.FIRST, 5000), len(self.FIRST))
        parts = storage.list_parts(upload)
        assert [(part.number, part.size) for part in parts] == [
            (2, len(self.FIRST)),
            (7, len(self.LAST)),
        ]
        storage.complete_upload(upload, parts)
        assert read(storage, KEY) == self.FIRST + self.LAST

    def test_nothing_shows_until_it_is_complete(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        put_parts(storage, upload, self.LAST)
        assert storage.stat(KEY) is None
        assert list(storage.list()) == []

    def test_the_parts_listed_are_those_that_were_told(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        assert list(storage.list_parts(upload)) == []
        parts = put_parts(storage, upload, b"one", b"two")
        assert list(storage.list_parts(upload)) == parts

    def test_of_a_part_sent_again_the_newer_counts(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        put_parts(storage, upload, b"wrong")
        (fresh,) = put_parts(storage, upload, b"right!")
        assert len(storage.list_parts(upload)) == 1
        storage.complete_upload(upload, [fresh])
        assert read(storage, KEY) == b"right!"

    def test_a_part_sent_again_unchanged_counts_once(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        put_parts(storage, upload, b"same")
        (again,) = put_parts(storage, upload, b"same")
        assert list(storage.list_parts(upload)) == [again]
        storage.complete_upload(upload, [again])
        assert read(storage, KEY) == b"same"

    def test_a_part_cut_off_on_the_way_does_not_count(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        with pytest.raises(StreamEnded):
            storage.put_part(upload, 1, io.BytesIO(b"half"), 8)
        assert list(storage.list_parts(upload)) == []

    def test_a_part_takes_no_byte_of_what_follows(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        stream = io.BytesIO(b"partnext request")
        storage.put_part(upload, 1, stream, 4)
        assert stream.read() == b"next request"

    def test_a_part_that_is_not_named_is_not_lost_in_silence(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, self.FIRST, b"forgotten")
        with pytest.raises(BadUpload):
            storage.complete_upload(upload, parts[:1])
        assert list(storage.list_parts(upload)) == parts

    @pytest.mark.parametrize("number", [0, -1, 10_001])
    def test_part_numbers_are_s3s(self, storage: Storage, number: int) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        with pytest.raises(BadUpload):
            storage.put_part(upload, number, io.BytesIO(b"x"), 1)

    @pytest.mark.parametrize("size", [0, -1, 5 * 1024**3 + 1])
    def test_part_sizes_are_s3s(self, storage: Storage, size: int) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        with pytest.raises(BadUpload):
            storage.put_part(upload, 1, io.BytesIO(b"x"), size)

    def test_only_the_last_part_may_be_small(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, b"small", b"last")
        with pytest.raises(BadUpload):
            storage.complete_upload(upload, parts)
        assert list(storage.list_parts(upload)) == parts

    @pytest.mark.parametrize(
        "choose",
        [
            lambda parts: [],
            lambda parts: [*reversed(parts)],
            lambda parts: [*parts, parts[-1]],
            lambda parts: [*parts, PartInfo(3, parts[0].etag, 1)],
            lambda parts: [parts[0], PartInfo(2, "0" * 32, 7)],
        ],
        ids=["none", "out of order", "twice", "never sent", "other etag"],
    )
    def test_a_wrong_list_of_parts_is_refused_and_the_upload_stays(
        self, storage: Storage, choose: Callable[[list[PartInfo]], list[PartInfo]]
    ) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, self.FIRST, self.LAST)
        with pytest.raises(BadUpload):
            storage.complete_upload(upload, choose(parts))
        assert storage.stat(KEY) is None
        storage.complete_upload(upload, parts)
        assert known(storage, KEY).size == len(self.FIRST + self.LAST)

    def test_a_finished_upload_is_over(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, b"x")
        storage.complete_upload(upload, parts)
        assert list(storage.list_uploads(soon())) == []
        with pytest.raises(UploadMissing):
            storage.complete_upload(upload, parts)
        assert read(storage, KEY) == b"x"

    def test_an_upload_given_up_is_over(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        put_parts(storage, upload, b"x")
        storage.abort_upload(upload)
        storage.abort_upload(upload)
        with pytest.raises(UploadMissing):
            storage.list_parts(upload)
        with pytest.raises(UploadMissing):
            put_parts(storage, upload, b"x")
        assert storage.stat(KEY) is None

    @pytest.mark.parametrize("name", ["", "nope", "../../etc", "a" * 32, ".", "\0", "é"])
    def test_an_upload_that_was_never_begun_is_missing(self, storage: Storage, name: str) -> None:
        upload = Upload(KEY, name)
        with pytest.raises(UploadMissing):
            storage.list_parts(upload)
        with pytest.raises(UploadMissing):
            storage.put_part(upload, 1, io.BytesIO(b"x"), 1)
        with pytest.raises(UploadMissing):
            storage.complete_upload(upload, [PartInfo(1, "x", 1)])
        storage.abort_upload(upload)

    def test_an_upload_serves_its_own_key_only(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        parts = put_parts(storage, upload, b"x")
        stolen = Upload(OTHER, upload.id)
        with pytest.raises(UploadMissing):
            storage.complete_upload(stolen, parts)
        storage.abort_upload(stolen)
        assert list(storage.list_parts(upload)) == parts

    def test_uploads_under_way_are_listed_by_age(self, storage: Storage) -> None:
        before = datetime.now(UTC) - CLOCK_TOLERANCE
        uploads = {storage.begin_upload(key, AUDIO) for key in (KEY, OTHER)}
        assert {pending.upload for pending in storage.list_uploads(soon())} == uploads
        assert list(storage.list_uploads(before)) == []

    def test_a_sweep_clears_old_uploads_only(self, storage: Storage) -> None:
        upload = storage.begin_upload(KEY, AUDIO)
        put_parts(storage, upload, b"x")
        put(storage, OTHER, DATA)
        assert storage.sweep(datetime.now(UTC) - CLOCK_TOLERANCE) == 0
        assert len(storage.list_parts(upload)) == 1
        assert storage.sweep(soon()) == 1
        assert list(storage.list_uploads(soon())) == []
        assert read(storage, OTHER) == DATA


def test_a_working_storage_passes_its_check_and_leaves_no_trace(storage: Storage) -> None:
    storage.check()
    assert list(storage.list()) == []


def test_a_file_of_this_machine_is_the_object(storage: Storage) -> None:
    put(storage, KEY, DATA)
    path = storage.local_path(KEY)
    assert path is None or path.read_bytes() == DATA


def test_allowing_browser_uploads_is_never_an_error(storage: Storage) -> None:
    storage.allow_browser("https://podcast.example.org")
    storage.allow_browser("https://podcast.example.org")
    assert storage.browser_may_send("https://podcast.example.org", datetime.now(UTC))
