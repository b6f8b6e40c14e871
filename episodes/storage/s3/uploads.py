"""Bytes on their way into the bucket: whole objects, and multipart uploads in S3's words."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

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
# What `send` holds in memory, whatever the size of the object: up to 10 000 parts, 80 GB.
_PIECE = 8 * 1024 * 1024
# Ids are the server's, and end up in addresses: nothing else may pass for one.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~+=-]{0,1023}")


def send(bucket: Bucket, key: str, stream: Readable, content_type: str) -> None:
    """Store a whole stream piece by piece, all or nothing."""
    full = bucket.full_key(key)
    first = _read_piece(stream)
    if len(first) < _PIECE:
        bucket.client.put_object(Bucket=bucket.name, Key=full, Body=first, ContentType=content_type)
        return
    upload = begin(bucket, key, content_type)
    try:
        _send_pieces(bucket, upload, first, stream)
    except BaseException:
        # A crash here leaves the upload under way, for `sweep` to find.
        abort(bucket, upload)
        raise


def _send_pieces(bucket: Bucket, upload: Upload, piece: bytes, stream: Readable) -> None:
    parts: list[PartInfo] = []
    while piece:
        number = len(parts) + 1
        etag = _send_part(bucket, upload, number, piece)
        parts.append(PartInfo(number, etag, len(piece)))
        piece = _read_piece(stream)
    _join(bucket, upload, parts)


def _read_piece(stream: Readable) -> bytes:
    # A slow sender gives less than is asked for; only nothing at all is the end.
    piece = bytearray()
    while len(piece) < _PIECE and (data := stream.read(min(CHUNK, _PIECE - len(piece)))):
        piece += data
    return bytes(piece)


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
    _full_key(bucket, upload)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        _spool(MeasuredStream(stream, size), file)
        return PartInfo(number, _send_part(bucket, upload, number, file), size)


def _send_part(bucket: Bucket, upload: Upload, number: int, body: IO[bytes] | bytes) -> str:
    with s3_errors(bucket.name, upload.key, upload.id):
        answer = bucket.client.upload_part(
            Bucket=bucket.name,
            Key=_full_key(bucket, upload),
            UploadId=upload.id,
            PartNumber=number,
            Body=body,
        )
    return plain_etag(answer["ETag"])


def _spool(stream: Readable, file: IO[bytes]) -> None:
    while data := stream.read(CHUNK):
        file.write(data)
    file.seek(0)


def list_parts(bucket: Bucket, upload: Upload) -> list[PartInfo]:
    """The parts that have arrived; of one sent twice, the newer."""
    # Not every server forgets the older one (SeaweedFS lists both).
    newest = {part.number: part for part in _arrived(bucket, upload)}
    return [newest[number] for number in sorted(newest)]


def _arrived(bucket: Bucket, upload: Upload) -> list[PartInfo]:
    full = _full_key(bucket, upload)
    with s3_errors(bucket.name, upload.key, upload.id):
        pages = bucket.client.get_paginator("list_parts").paginate(
            Bucket=bucket.name, Key=full, UploadId=upload.id
        )
        found = [part for page in pages for part in page.get("Parts", [])]
    found.sort(key=lambda part: part["LastModified"])
    return [PartInfo(p["PartNumber"], plain_etag(p["ETag"]), p["Size"]) for p in found]


def complete(bucket: Bucket, upload: Upload, parts: Sequence[PartInfo]) -> None:
    """Join the parts. Checked here first: not every server keeps S3's rules."""
    _join(bucket, upload, choose_parts(_arrived(bucket, upload), [*parts]))


def _join(bucket: Bucket, upload: Upload, parts: Sequence[PartInfo]) -> None:
    named: Any = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
    with s3_errors(bucket.name, upload.key, upload.id):
        bucket.client.complete_multipart_upload(
            Bucket=bucket.name,
            Key=_full_key(bucket, upload),
            UploadId=upload.id,
            MultipartUpload={"Parts": named},
        )


def abort(bucket: Bucket, upload: Upload) -> None:
    """Free the parts."""
    with (
        contextlib.suppress(UploadMissing),
        s3_errors(bucket.name, upload.key, upload.id),
    ):
        bucket.client.abort_multipart_upload(
            Bucket=bucket.name, Key=_full_key(bucket, upload), UploadId=upload.id
        )


def _full_key(bucket: Bucket, upload: Upload) -> str:
    if not _ID.fullmatch(upload.id):
        raise UploadMissing(upload.id)
    return bucket.full_key(upload.key)


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
