"""The bucket behind the protocol, on a real S3 server: private, signed, and bounded."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from episodes.storage.base import (
    MIN_PART,
    ObjectMissing,
    Storage,
    StoragePublic,
    StorageRefused,
    StorageSettings,
    StorageUnavailable,
    StreamEnded,
    Upload,
)
from episodes.storage.choose import open_storage
from episodes.storage.s3 import uploads
from tests.seaweedfs import S3Server

pytest_plugins = ["tests.s3_server"]
pytestmark = pytest.mark.slow

KEY = "shows/1/episodes/abc/audio-1.mp3"
AUDIO = "audio/mpeg"
DATA = bytes(range(256)) * 1000


@pytest.fixture
def bucket(s3_server: S3Server, new_bucket: Callable[[], str]) -> StorageSettings:
    """A bucket of one's own."""
    return s3_server.settings(new_bucket())


@pytest.fixture
def storage(s3_settings: StorageSettings) -> Storage:
    storage = open_storage(s3_settings)
    storage.put(KEY, io.BytesIO(DATA), content_type=AUDIO)
    return storage


def part_address(storage: Storage, upload: Upload, number: int, now: datetime) -> str:
    url = storage.presigned_part(upload, number, now)
    assert url is not None
    return url


def size_of(storage: Storage, key: str) -> int:
    found = storage.stat(key)
    assert found is not None
    return found.size


def signed(storage: Storage, now: datetime | None = None, filename: str = "") -> str:
    now = now or datetime.now(UTC)
    url = storage.presigned_get(KEY, now=now, content_type="audio/mp4", filename=filename)
    assert url is not None
    return url


class TestSignedAddresses:
    def test_gives_the_bytes_under_the_type_asked_for(self, storage: Storage) -> None:
        answer = httpx.get(signed(storage, filename="Été “1”.mp3"))
        assert answer.content == DATA
        assert answer.headers["content-type"] == "audio/mp4"
        assert "UTF-8''%C3%89t%C3%A9" in answer.headers["content-disposition"]

    @pytest.mark.parametrize(
        ("asked", "start", "end"),
        [("bytes=0-1", 0, 2), ("bytes=1000-", 1000, None), ("bytes=-5", -5, None)],
    )
    def test_answers_ranges(
        self, storage: Storage, asked: str, start: int, end: int | None
    ) -> None:
        answer = httpx.get(signed(storage), headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == DATA[start:end]
        assert answer.headers["content-range"].endswith(f"/{len(DATA)}")

    def test_works_still_in_the_grace_after_its_window(self, storage: Storage) -> None:
        issued = datetime.now(UTC) - timedelta(hours=5, minutes=59)
        assert httpx.get(signed(storage, issued)).status_code == 200

    def test_is_refused_after_its_expiry(self, storage: Storage) -> None:
        issued = datetime.now(UTC) - timedelta(hours=7)
        assert httpx.get(signed(storage, issued)).status_code == 403

    def test_is_refused_after_a_short_life_too(
        self, s3_settings: StorageSettings, storage: Storage
    ) -> None:
        del storage
        brief = open_storage(replace(s3_settings, url_window=60, url_grace=0))
        issued = datetime.now(UTC) - timedelta(seconds=61)
        assert httpx.get(signed(brief, issued)).status_code == 403

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "POST"])
    def test_is_for_getting_only(self, storage: Storage, method: str) -> None:
        assert httpx.request(method, signed(storage)).status_code in {403, 405}
        assert size_of(storage, KEY) == len(DATA)

    def test_cannot_be_bent_to_another_object_or_time(self, storage: Storage) -> None:
        storage.put("other.mp3", io.BytesIO(b"secret"), content_type=AUDIO)
        url = signed(storage)
        for bent in (
            url.replace(KEY, "other.mp3"),
            url.replace("Expires=25200", "Expires=604800"),
            url.replace("mp4", "mpeg"),
            url.split("?")[0] + "?" + url.split("?")[1].replace("X-Amz-Signature", "X-Amz-Sign"),
        ):
            assert bent != url
            assert httpx.get(bent).status_code in {400, 403}

    def test_with_the_wrong_secret_is_refused(
        self, s3_settings: StorageSettings, storage: Storage
    ) -> None:
        del storage
        forger = open_storage(replace(s3_settings, secret_key="guess"))
        assert httpx.get(signed(forger)).status_code == 403


class TestPrivacy:
    def test_an_unsigned_get_is_refused(self, storage: Storage) -> None:
        assert httpx.get(signed(storage).split("?")[0]).status_code == 403

    def test_an_unsigned_listing_is_refused(
        self, s3_server: S3Server, s3_settings: StorageSettings, storage: Storage
    ) -> None:
        del storage
        assert httpx.get(f"{s3_server.endpoint}/{s3_settings.bucket}").status_code == 403

    def test_a_public_bucket_fails_the_check(
        self, s3_server: S3Server, bucket: StorageSettings
    ) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket.bucket}/*",
        }
        s3_server.client().put_bucket_policy(
            Bucket=bucket.bucket,
            Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        storage = open_storage(bucket)
        with pytest.raises(StoragePublic, match="make it private"):
            storage.check()
        assert list(storage.list()) == []


class TestBucket:
    def test_a_missing_bucket_is_named(self, s3_server: S3Server) -> None:
        storage = open_storage(s3_server.settings("not-there"))
        with pytest.raises(StorageUnavailable, match="not-there"):
            storage.check()

    def test_wrong_keys_are_told(self, s3_settings: StorageSettings) -> None:
        storage = open_storage(replace(s3_settings, secret_key="wrong"))
        with pytest.raises(StorageRefused, match="secret key"):
            storage.check()

    def test_prefixes_share_a_bucket_and_do_not_meet(self, bucket: StorageSettings) -> None:
        one, two = (open_storage(replace(bucket, prefix=prefix)) for prefix in ("one", "two"))
        one.put(KEY, io.BytesIO(b"one"), content_type=AUDIO)
        two.put(KEY, io.BytesIO(b"two"), content_type=AUDIO)
        pending = one.begin_upload(KEY, AUDIO)
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert one.open(KEY).read() == b"one"
        assert [found.key for found in one.list()] == [KEY]
        assert httpx.get(signed(one)).content == b"one"
        assert list(two.list_uploads(later)) == []
        assert [found.upload for found in one.list_uploads(later)] == [pending]
        assert {found.key for found in open_storage(bucket).list()} == {f"one/{KEY}", f"two/{KEY}"}

    def test_objects_keep_their_type(
        self, s3_server: S3Server, s3_settings: StorageSettings, storage: Storage
    ) -> None:
        storage.copy(KEY, "copy.m4a", content_type="audio/mp4")
        client = s3_server.client()
        types = [
            client.head_object(Bucket=s3_settings.bucket, Key=f"{s3_settings.prefix}/{name}")
            for name in (KEY, "copy.m4a")
        ]
        assert [found["ContentType"] for found in types] == [AUDIO, "audio/mp4"]


class TestBigPuts:
    """Larger than one piece: several requests behind one ``put``."""

    SIZE = 2 * uploads._PIECE + 5

    def test_arrive_whole(self, storage: Storage) -> None:
        data = (DATA * (self.SIZE // len(DATA) + 1))[: self.SIZE]
        stored = storage.put("big.mp3", io.BytesIO(data), content_type=AUDIO)
        assert stored.size == self.SIZE
        assert b"".join(storage.open("big.mp3")) == data

    def test_of_exactly_whole_pieces_arrive_too(self, storage: Storage) -> None:
        data = bytes(2 * uploads._PIECE)
        storage.put("big.mp3", io.BytesIO(data), content_type=AUDIO)
        assert size_of(storage, "big.mp3") == len(data)

    def test_cut_off_leave_neither_object_nor_upload(self, storage: Storage) -> None:
        source = io.BytesIO(bytes(self.SIZE - 1))
        with pytest.raises(StreamEnded):
            storage.put("big.mp3", source, content_type=AUDIO, size=self.SIZE)
        assert storage.stat("big.mp3") is None
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert list(storage.list_uploads(later)) == []


class TestBrowserUploads:
    def test_parts_go_straight_to_the_bucket(self, storage: Storage) -> None:
        upload = storage.begin_upload("direct.mp3", AUDIO)
        now = datetime.now(UTC)
        for number, data in ((1, bytes(MIN_PART)), (2, b"end")):
            url = part_address(storage, upload, number, now)
            assert httpx.put(url, content=data).status_code == 200
        storage.complete_upload(upload, storage.list_parts(upload))
        assert storage.open("direct.mp3", MIN_PART - 1).read() == b"\0end"

    def test_an_address_takes_its_own_part_only(self, storage: Storage) -> None:
        upload = storage.begin_upload("direct.mp3", AUDIO)
        url = part_address(storage, upload, 1, datetime.now(UTC))
        assert httpx.put(url.replace("partNumber=1", "partNumber=2"), content=b"x").is_error
        assert httpx.get(url).is_error
        assert list(storage.list_parts(upload)) == []

    def test_an_address_expires(self, storage: Storage) -> None:
        upload = storage.begin_upload("direct.mp3", AUDIO)
        url = part_address(storage, upload, 1, datetime.now(UTC) - timedelta(minutes=61))
        assert httpx.put(url, content=b"x").status_code == 403

    def test_only_our_pages_may_send(self, storage: Storage) -> None:
        ours, theirs = "https://podcast.example.org", "https://evil.example.net"
        storage.allow_browser(ours)
        storage.allow_browser("https://second.example.org")
        storage.allow_browser(ours)
        upload = storage.begin_upload("direct.mp3", AUDIO)
        url = part_address(storage, upload, 1, datetime.now(UTC))

        def preflight(origin: str) -> str | None:
            headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
            answer = httpx.options(url, headers=headers)
            allowed: str | None = answer.headers.get("access-control-allow-origin")
            return allowed

        assert preflight(ours) == ours
        assert preflight("https://second.example.org") == "https://second.example.org"
        assert preflight(theirs) is None
        assert storage.browser_may_send(ours, datetime.now(UTC))
        assert not storage.browser_may_send(theirs, datetime.now(UTC))


def test_a_reader_given_up_early_does_not_block_the_next(storage: Storage) -> None:
    for _ in range(80):  # more than there are connections in the pool
        with storage.open(KEY) as reader:
            next(reader)
    assert storage.open(KEY, 0, 5).read() == DATA[:5]


def test_opening_what_is_deleted_meanwhile_is_missing(storage: Storage) -> None:
    storage.delete(KEY)
    with pytest.raises(ObjectMissing):
        storage.open(KEY)


CRASH = """
import os, sys, json
from episodes.storage.base import StorageSettings
from episodes.storage.choose import open_storage

storage = open_storage(StorageSettings(**json.loads(sys.argv[1])))
class DiesLate:
    left = 3 * 1024 * 1024 * 4
    def read(self, size, /):
        if self.left <= 0:
            os._exit(9)
        self.left -= size
        return bytes(size)
storage.put("cut-off.mp3", DiesLate(), content_type="audio/mpeg")
"""


def test_a_put_cut_off_by_a_crash_shows_nothing_and_is_swept(s3_settings: StorageSettings) -> None:
    known = {name: value for name, value in asdict(s3_settings).items() if name != "folder"}
    command = [sys.executable, "-c", CRASH, json.dumps(known)]
    assert subprocess.run(command, check=False, cwd=Path.cwd()).returncode == 9
    storage = open_storage(s3_settings)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert storage.stat("cut-off.mp3") is None
    assert [found.upload.key for found in storage.list_uploads(later)] == ["cut-off.mp3"]
    assert storage.sweep(later) == 1
    assert list(storage.list_uploads(later)) == []


PUT_BIG = """
import json, resource, sys
from episodes.storage.base import StorageSettings
from episodes.storage.choose import open_storage

storage = open_storage(StorageSettings(**json.loads(sys.argv[1])))
SIZE = 300 * 1024 * 1024
class Zeros:
    def read(self, size, /):
        return bytes(size)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
storage.check()
before = peak()
stored = storage.put("big.mp3", Zeros(), content_type="audio/mpeg", size=SIZE)
assert stored.size == SIZE
print(peak() - before)
copied = storage.copy("big.mp3", "copy.mp3", content_type="audio/mpeg")
assert copied.size == SIZE
with storage.open("copy.mp3", SIZE - 5) as reader:
    assert reader.read() == bytes(5)
"""


def test_a_big_file_passes_through_little_memory_and_is_copied_in_pieces(
    s3_settings: StorageSettings,
) -> None:
    known = {name: value for name, value in asdict(s3_settings).items() if name != "folder"}
    done = subprocess.run(
        [sys.executable, "-c", PUT_BIG, json.dumps(known)],
        check=True,
        capture_output=True,
        cwd=Path.cwd(),
    )
    assert int(done.stdout) < 48 * 1024  # KiB above the start
