"""The connection: one session and one client, kept for the life of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config

from episodes.storage.base import StorageError, StorageSettings
from episodes.storage.s3.errors import s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def open_session(settings: StorageSettings) -> Session:
    """A session with the given keys, or the machine's own role where there are none."""
    if not settings.bucket:
        raise StorageError("storage.bucket is missing: name the bucket to keep audio in")
    if bool(settings.access_key) != bool(settings.secret_key):
        raise StorageError("storage.access_key and storage.secret_key go together")
    with s3_errors(settings.bucket):
        return Session(
            aws_access_key_id=settings.access_key or None,
            aws_secret_access_key=settings.secret_key or None,
            region_name=settings.region or "us-east-1",
        )


def make_config(settings: StorageSettings) -> Config:
    """Timeouts, retries, and what keeps to the part of S3 that every server understands."""
    path_style = bool(settings.endpoint) if settings.path_style is None else settings.path_style
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if path_style else "virtual"},
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"total_max_attempts": settings.attempts, "mode": "standard"},
        max_pool_connections=64,
        tcp_keepalive=True,
        # The newer checksum trailers are not understood by every S3 server.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def open_client(session: Session, settings: StorageSettings, config: Config) -> S3Client:
    """The client for everything but signed addresses. Raises StorageError for a bad endpoint."""
    return make_client(session, settings.endpoint, config)


def make_client(session: Session, endpoint: str, config: Config) -> S3Client:
    """A client for the S3 server at ``endpoint``; AWS where it is empty."""
    try:
        return session.client("s3", endpoint_url=endpoint or None, config=config)
    except ValueError as error:
        raise StorageError(f"storage.endpoint = {endpoint!r}: must be an address") from error
