"""Multipart uploads, in S3's own words."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO

from episodes.storage.base import (
    CHUNK,
    PartInfo,
    PendingUpload,
    Readable,
    Upload,
    UploadMissing,
)
from episodes.storage.s3.bucket import Bucket, as_utc, plain_etag
from episodes.storage.s3.errors import s3_errors
from episodes.storage.streams import MeasuredStream, check_part, choose_parts

_IN_MEMORY = 1024 * 1024  # bytes; the rest of a part waits in a temporary file


def begin(bucket: Bucket, key: str, content_type: str) -> Upload:
    """Open an upload."""
    full = bucket.full_key(key)
    with s3_errors(bucket.name, key):
        answer = bucket.client.create_multipart_upload(
            Bucket=bucket.name, Key=full, ContentType=content_type
        )
    return Upload(key, answer["UploadId"])


def put_part(bucket: Bucket, upload: Upload, number: int, stream: Readable, size: int) -> PartInfo:
    """Store one part. It is taken in whole first: signing and retrying read it twice."""
    check_part(number, size)
    full = bucket.full_key(upload.key)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        _spool(MeasuredStream(stream, size), file)
        with s3_errors(bucket.name, upload.key, upload.id):
            answer = bucket.client.upload_part(
                Bucket=bucket.name, Key=full, UploadId=upload.id, PartNumber=number, Body=file
            )
    return PartInfo(number, plain_etag(answer["ETag"]), size)


def _spool(stream: Readable, file: IO[bytes]) -> None:
    while data := stream.read(CHUNK):
        file.write(data)
    file.seek(0)


def list_parts(bucket: Bucket, upload: Upload) -> list[PartInfo]:
    """The parts that have arrived."""
    full = bucket.full_key(upload.key)
    with s3_errors(bucket.name, upload.key, upload.id):
        pages = bucket.client.get_paginator("list_parts").paginate(
            Bucket=bucket.name, Key=full, UploadId=upload.id
        )
        return [
            PartInfo(part["PartNumber"], plain_etag(part["ETag"]), part["Size"])
            for page in pages
            for part in page.get("Parts", [])
        ]


def complete(bucket: Bucket, upload: Upload, parts: Sequence[PartInfo]) -> None:
    """Join the parts. Checked here first: not every server keeps S3's rules."""
    chosen = choose_parts(list_parts(bucket, upload), [*parts])
    with s3_errors(bucket.name, upload.key, upload.id):
        bucket.client.complete_multipart_upload(
            Bucket=bucket.name,
            Key=bucket.full_key(upload.key),
            UploadId=upload.id,
            MultipartUpload={
                "Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in chosen]
            },
        )


def abort(bucket: Bucket, upload: Upload) -> None:
    """Free the parts."""
    full = bucket.full_key(upload.key)
    with (
        contextlib.suppress(UploadMissing),
        s3_errors(bucket.name, upload.key, upload.id),
    ):
        bucket.client.abort_multipart_upload(Bucket=bucket.name, Key=full, UploadId=upload.id)


def list_uploads(bucket: Bucket, older_than: datetime) -> Iterator[PendingUpload]:
    """Uploads under our prefix, begun before ``older_than`` by the S3 server's clock."""
    with s3_errors(bucket.name):
        pages = bucket.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=bucket.name, Prefix=bucket.prefix
        )
        for page in pages:
            for found in page.get("Uploads", []):
                key = bucket.own_key(found["Key"])
                started = as_utc(found["Initiated"])
                if key is not None and started < older_than:
                    yield PendingUpload(Upload(key, found["UploadId"]), started)
