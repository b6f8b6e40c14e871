"""One bucket as seen from here: the client, and our keys below a prefix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from episodes.storage.base import BadKey, ObjectStat
from episodes.storage.keys import check_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Bucket:
    """``prefix`` is empty or ends in a slash; keys in the bucket are ``prefix + key``."""

    client: S3Client
    name: str
    prefix: str

    def full_key(self, key: str) -> str:
        """Our key as the bucket knows it. Raises BadKey."""
        return self.prefix + check_key(key)

    def own_key(self, full_key: str) -> str | None:
        """The bucket's key as ours, or None for something that is not ours."""
        if not full_key.startswith(self.prefix):
            return None
        try:
            return check_key(full_key.removeprefix(self.prefix))
        except BadKey:
            return None


def describe(key: str, answer: Mapping[str, Any], size_field: str) -> ObjectStat:
    """An answer about one object in our words."""
    return ObjectStat(
        key, answer[size_field], plain_etag(answer["ETag"]), as_utc(answer["LastModified"])
    )


def plain_etag(etag: str) -> str:
    """Without the quotes that HTTP puts around it."""
    return etag.strip('"')


def as_utc(when: datetime) -> datetime:
    """botocore's time zone replaced by the standard one."""
    return when.astimezone(UTC)
