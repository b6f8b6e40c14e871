"""Addresses of places in a bucket, as people write them: s3://bucket/prefix."""

from __future__ import annotations

from dataclasses import replace

from episodes.storage.base import StorageError, StorageSettings

SCHEME = "s3://"


def bucket_settings(address: str, access: StorageSettings, own: StorageSettings) -> StorageSettings:
    """What s3://bucket/prefix means, reached as ``access`` says.

    Raises StorageError where it names no bucket, or the place where our ``own`` files are.
    """
    bucket, _, prefix = address.removeprefix(SCHEME).partition("/")
    prefix = prefix.strip("/")
    if not bucket:
        raise StorageError(f"{address} names no bucket: use s3://bucket/prefix")
    if _same_server(access, own) and own.bucket == bucket and _overlap(own.prefix, prefix):
        raise StorageError(
            "that is where this server keeps its own files: use another bucket or prefix"
        )
    return replace(
        access, backend="s3", folder=None, bucket=bucket, prefix=prefix, public_endpoint=""
    )


def _same_server(one: StorageSettings, own: StorageSettings) -> bool:
    return own.backend == "s3" and one.endpoint == own.endpoint


def _overlap(own: str, other: str) -> bool:
    ours, theirs = (f"{each.strip('/')}/".removeprefix("/") for each in (own, other))
    return ours.startswith(theirs) or theirs.startswith(ours)
