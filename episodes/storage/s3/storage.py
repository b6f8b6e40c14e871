"""The storage protocol on a bucket."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from episodes.storage.base import (
    ObjectMissing,
    ObjectReader,
    ObjectStat,
    PartInfo,
    PendingUpload,
    Readable,
    Source,
    StorageSettings,
    StoredObject,
    Upload,
)
from episodes.storage.keys import check_key, check_prefix
from episodes.storage.probe import probe_storage
from episodes.storage.s3 import uploads
from episodes.storage.s3.access import allow_origin, may_send, refuse_public
from episodes.storage.s3.bucket import Bucket, describe
from episodes.storage.s3.client import make_config, open_client, open_session
from episodes.storage.s3.errors import error_code, s3_errors
from episodes.storage.s3.signing import Signer
from episodes.storage.streams import MeasuredStream, check_part, check_range

_MIB = 1024 * 1024
# The server copies by itself; large parts mean few requests, each well within the timeout.
_COPY = TransferConfig(
    multipart_threshold=256 * _MIB, multipart_chunksize=256 * _MIB, use_threads=False
)

_PAST_END = {"InvalidRange", "416"}


class S3Storage:
    """Storage in a bucket, which stays private. Opens no connection until it is used."""

    def __init__(self, settings: StorageSettings) -> None:
        session = open_session(settings)
        config = make_config(settings)
        client = open_client(session, settings, config)
        self._bucket = Bucket(client, settings.bucket, check_prefix(settings.prefix))
        self._signer = Signer(session, settings, config, self._bucket)

    def put(
        self, key: str, stream: Readable, *, content_type: str, size: int | None = None
    ) -> StoredObject:
        """See Storage."""
        measured = MeasuredStream(stream, size)
        with s3_errors(self._bucket.name, key):
            uploads.send(self._bucket, key, measured, content_type)
        return self._stored(key, measured.sha256)

    def open(self, key: str, start: int = 0, end: int | None = None) -> ObjectReader:
        """See Storage."""
        check_range(start, end)
        full_key = self._bucket.full_key(key)
        if start == end:
            return self._empty(key)
        last = "" if end is None else end - 1
        with s3_errors(self._bucket.name, key):
            try:
                answer = self._bucket.client.get_object(
                    Bucket=self._bucket.name, Key=full_key, Range=f"bytes={start}-{last}"
                )
            except ClientError as error:
                if error_code(error) in _PAST_END:
                    return self._empty(key)
                raise
        return ObjectReader(_Body(answer["Body"], self._bucket.name), answer["ContentLength"])

    def stat(self, key: str) -> ObjectStat | None:
        """See Storage."""
        full_key = self._bucket.full_key(key)
        try:
            with s3_errors(self._bucket.name, key):
                answer = self._bucket.client.head_object(Bucket=self._bucket.name, Key=full_key)
        except ObjectMissing:
            return None
        return describe(key, answer, "ContentLength")

    def copy(self, source: str, target: str, *, content_type: str) -> StoredObject:
        """See Storage."""
        origin, destination = self._bucket.full_key(source), self._bucket.full_key(target)
        with s3_errors(self._bucket.name, source):
            self._bucket.client.copy(
                {"Bucket": self._bucket.name, "Key": origin},
                self._bucket.name,
                destination,
                ExtraArgs={"ContentType": content_type, "MetadataDirective": "REPLACE"},
                Config=_COPY,
            )
        return self._stored(target, None)

    def delete(self, key: str) -> None:
        """See Storage."""
        full_key = self._bucket.full_key(key)
        with contextlib.suppress(ObjectMissing), s3_errors(self._bucket.name, key):
            self._bucket.client.delete_object(Bucket=self._bucket.name, Key=full_key)

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See Storage. Objects that are not ours are left out."""
        with s3_errors(self._bucket.name):
            pages = self._bucket.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=self._bucket.prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    key = self._bucket.own_key(found["Key"])
                    if key is not None:
                        yield describe(key, found, "Size")

    def local_path(self, key: str) -> Path | None:
        """None: the object is not on this machine."""
        check_key(key)
        return None

    def presigned_get(
        self, key: str, *, now: datetime, content_type: str, filename: str = ""
    ) -> str | None:
        """See Storage."""
        return self._signer.get(key, now, content_type, filename)

    @property
    def address_window(self) -> int:
        """See Storage."""
        return self._signer.window

    def begin_upload(self, key: str, content_type: str) -> Upload:
        """See Storage."""
        return uploads.begin(self._bucket, key, content_type)

    def put_part(self, upload: Upload, number: int, stream: Readable, size: int) -> PartInfo:
        """See Storage."""
        return uploads.put_part(self._bucket, upload, number, stream, size)

    def presigned_part(self, upload: Upload, number: int, now: datetime) -> str | None:
        """See Storage. Works for an hour; whoever has it can only send this one part."""
        check_part(number, 1)
        return self._signer.part(upload, number, now)

    def list_parts(self, upload: Upload) -> Sequence[PartInfo]:
        """See Storage."""
        return uploads.list_parts(self._bucket, upload)

    def complete_upload(self, upload: Upload, parts: Sequence[PartInfo]) -> StoredObject:
        """See Storage."""
        uploads.complete(self._bucket, upload, parts)
        return self._stored(upload.key, None)

    def abort_upload(self, upload: Upload) -> None:
        """See Storage."""
        uploads.abort(self._bucket, upload)

    def list_uploads(self, older_than: datetime) -> Iterator[PendingUpload]:
        """See Storage."""
        return uploads.list_uploads(self._bucket, older_than)

    def sweep(self, older_than: datetime) -> int:
        """See Storage. A ``put`` that was cut off is an upload under way, too."""
        stale = [*self.list_uploads(older_than)]
        for pending in stale:
            self.abort_upload(pending.upload)
        return len(stale)

    def allow_browser(self, origin: str) -> None:
        """See Storage."""
        allow_origin(self._bucket, origin)

    def browser_may_send(self, origin: str, now: datetime) -> bool:
        """See Storage."""
        address = self._signer.part(Upload("probe.mp3", "probe"), 1, now)
        return may_send(self._bucket, address, origin)

    def check(self) -> None:
        """See Storage. Raises StoragePublic where a stranger can read the probe."""
        probe_storage(self, lambda key: refuse_public(self._signer.anonymous, self._bucket, key))

    def _empty(self, key: str) -> ObjectReader:
        if self.stat(key) is None:
            raise ObjectMissing(key)
        return ObjectReader(io.BytesIO(), 0)

    def _stored(self, key: str, sha256: str | None) -> StoredObject:
        found = self.stat(key)
        if found is None:
            raise ObjectMissing(key)
        return StoredObject(key, found.size, found.etag, sha256)


class _Body:
    """An object's body, with our errors."""

    def __init__(self, body: Source, bucket: str) -> None:
        self._body = body
        self._name = bucket

    def read(self, size: int, /) -> bytes:
        with s3_errors(self._name):
            return self._body.read(size)

    def close(self) -> None:
        self._body.close()
