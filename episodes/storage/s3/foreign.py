"""A foreign folder in a bucket, through the same client as our storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from boto3.s3.transfer import TransferConfig

from episodes.storage.base import ObjectMissing, ObjectStat, StorageSettings
from episodes.storage.s3.bucket import describe
from episodes.storage.s3.client import make_config, open_client, open_session
from episodes.storage.s3.errors import s3_errors

_BY_ITSELF = TransferConfig(use_threads=False)


class S3Folder:
    """See ForeignFolder. ``settings.prefix`` is any text; opens no connection until used."""

    def __init__(self, settings: StorageSettings) -> None:
        session = open_session(settings)
        self._client = open_client(session, settings, make_config(settings))
        self._bucket = settings.bucket
        prefix = settings.prefix.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def list(self) -> Iterator[ObjectStat]:
        """See ForeignFolder."""
        with s3_errors(self._bucket):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            for page in pages:
                for found in page.get("Contents", []):
                    name = found["Key"].removeprefix(self._prefix)
                    if name:
                        yield describe(name, found, "Size")

    def folders(self) -> Iterator[str]:
        """See ForeignFolder."""
        with s3_errors(self._bucket):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            for page in pages:
                for found in page.get("CommonPrefixes", []):
                    yield found["Prefix"].removeprefix(self._prefix).rstrip("/")

    def walk(self, below: str) -> Iterator[ObjectStat]:
        """See ForeignFolder."""
        with s3_errors(self._bucket):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{below}/"
            )
            for page in pages:
                for found in page.get("Contents", []):
                    yield describe(found["Key"].removeprefix(self._prefix), found, "Size")

    def download(self, name: str, target: Path) -> None:
        """See ForeignFolder."""
        with s3_errors(self._bucket, name):
            self._client.download_file(
                self._bucket, self._prefix + name, str(target), Config=_BY_ITSELF
            )

    def upload(self, source: Path, name: str) -> None:
        """See ForeignFolder."""
        # Not upload_file: that wraps the server's answer into a text.
        with source.open("rb") as file, s3_errors(self._bucket, name):
            self._client.upload_fileobj(file, self._bucket, self._prefix + name, Config=_BY_ITSELF)

    def delete(self, name: str) -> None:
        """See ForeignFolder."""
        with s3_errors(self._bucket, name):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def move(self, name: str, target: str) -> None:
        """See ForeignFolder."""
        origin = {"Bucket": self._bucket, "Key": self._prefix + name}
        with s3_errors(self._bucket, name):
            self._client.copy(origin, self._bucket, self._prefix + target, Config=_BY_ITSELF)  # type: ignore[arg-type]
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def write(self, name: str, text: str) -> None:
        """See ForeignFolder."""
        with s3_errors(self._bucket, name):
            self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + name, Body=text.encode()
            )

    def exists(self, name: str) -> bool:
        """See ForeignFolder."""
        try:
            with s3_errors(self._bucket, name):
                self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
        except ObjectMissing:
            return False
        return True
