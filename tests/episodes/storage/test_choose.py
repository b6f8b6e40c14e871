"""From settings to a storage, or a sentence that says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from episodes.storage.base import StorageError, StorageSettings
from episodes.storage.choose import open_storage
from episodes.storage.local import LocalStorage
from episodes.storage.memory import MemoryStorage
from episodes.storage.s3 import S3Storage


def test_a_folder(tmp_path: Path) -> None:
    assert isinstance(open_storage(StorageSettings(folder=tmp_path)), LocalStorage)


def test_memory() -> None:
    assert isinstance(open_storage(StorageSettings(backend="memory")), MemoryStorage)


def test_a_bucket() -> None:
    settings = StorageSettings(backend="s3", bucket="audio", endpoint="http://127.0.0.1:1")
    assert isinstance(open_storage(settings), S3Storage)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (StorageSettings(), "storage.folder is missing"),
        (StorageSettings(backend="s3"), "storage.bucket is missing"),
        (StorageSettings(backend="s3", bucket="b", access_key="a"), "go together"),
        (StorageSettings(backend="s3", bucket="b", endpoint="no address"), "must be an address"),
        (StorageSettings(backend="s3", bucket="b", prefix="../up"), "a prefix is made of"),
        (StorageSettings(backend="s3", bucket="b", url_grace=7 * 86400), "seven days"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_missing_or_wrong_is_named(settings: StorageSettings, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        open_storage(settings)


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(StorageSettings(access_key="hush", secret_key="hush"))


def test_who_keeps_audio_in_a_folder_does_not_wait_for_boto3() -> None:
    code = "import sys, episodes.storage.choose; sys.exit('boto3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
