"""What goes wrong with S3, in words a podcaster can act on. No server is needed here."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, NoCredentialsError

from episodes.storage.base import (
    BadUpload,
    ObjectMissing,
    StorageError,
    StorageRefused,
    StorageSettings,
    StorageUnavailable,
    UploadMissing,
)
from episodes.storage.s3 import S3Storage
from episodes.storage.s3.errors import s3_errors


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "…"}}, "GetObject")


@pytest.mark.parametrize(
    ("code", "expected", "words"),
    [
        ("NoSuchKey", ObjectMissing, "no object “a.mp3”"),
        ("404", ObjectMissing, "no object “a.mp3”"),
        ("NoSuchBucket", StorageUnavailable, "no bucket “audio”: create it"),
        ("AccessDenied", StorageRefused, "check the access key"),
        ("SignatureDoesNotMatch", StorageRefused, "the server's clock"),
        ("SlowDown", StorageUnavailable, "SlowDown"),
        ("InternalError", StorageUnavailable, "InternalError"),
    ],
)
def test_an_answer_becomes_a_sentence(code: str, expected: type[Exception], words: str) -> None:
    with pytest.raises(expected, match=words) as caught, s3_errors("audio", "a.mp3"):
        raise answer(code)
    assert type(caught.value) is expected
    assert isinstance(caught.value.__cause__, ClientError)


@pytest.mark.parametrize("code", ["NoSuchUpload", "404"])
def test_a_missing_upload_is_not_a_missing_object(code: str) -> None:
    with pytest.raises(UploadMissing), s3_errors("audio", "a.mp3", "id"):
        raise answer(code)


@pytest.mark.parametrize("code", ["InvalidPart", "InvalidPartOrder", "EntityTooSmall"])
def test_bad_parts_leave_the_upload(code: str) -> None:
    with pytest.raises(BadUpload), s3_errors("audio", "a.mp3", "id"):
        raise answer(code)


def test_missing_keys_are_named() -> None:
    with pytest.raises(StorageRefused, match="access_key"), s3_errors("audio"):
        raise NoCredentialsError


def test_an_answer_cut_off_is_the_storage_s_fault() -> None:
    with pytest.raises(StorageUnavailable), s3_errors("audio"):
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)


def test_our_own_errors_pass() -> None:
    with pytest.raises(ObjectMissing), s3_errors("audio"):
        raise ObjectMissing("a.mp3")


def test_a_server_that_is_not_there_is_told_soon() -> None:
    settings = StorageSettings(
        backend="s3",
        bucket="audio",
        endpoint="http://127.0.0.1:1",
        access_key="AK",
        secret_key="SK",
        attempts=1,
    )
    storage = S3Storage(settings)
    operations: list[Callable[[], object]] = [
        storage.check,
        lambda: storage.stat("a.mp3"),
        lambda: storage.open("a.mp3"),
        lambda: storage.delete("a.mp3"),
        lambda: list(storage.list()),
        lambda: storage.put("a.mp3", io.BytesIO(b"x"), content_type="audio/mpeg"),
        lambda: storage.copy("a.mp3", "b.mp3", content_type="audio/mpeg"),
        lambda: storage.begin_upload("a.mp3", "audio/mpeg"),
        lambda: storage.allow_browser("https://podcast.example.org"),
    ]
    for operation in operations:
        with pytest.raises(StorageError, match="cannot be reached"):
            operation()
