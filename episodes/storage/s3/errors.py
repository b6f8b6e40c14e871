"""Foreign errors become ours at this line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from episodes.storage.base import (
    BadUpload,
    ObjectMissing,
    StorageError,
    StorageRefused,
    StorageUnavailable,
    UploadMissing,
)

_MISSING = {"NoSuchKey", "404", "NotFound"}
_BAD_PARTS = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"}
_REFUSED = {
    "AccessDenied",
    "AllAccessDisabled",
    "403",
    "Forbidden",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}


@contextlib.contextmanager
def s3_errors(bucket: str, key: str = "", upload_id: str = "") -> Iterator[None]:
    """Turn botocore's errors about one object or upload into StorageError."""
    try:
        yield
    except ClientError as error:
        raise _translate(error, bucket, key, upload_id) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StorageRefused("storage.access_key and storage.secret_key are missing") from error
    except (BotoConnectionError, HTTPClientError) as error:
        raise StorageUnavailable(f"the S3 server cannot be reached: {error}") from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"the S3 storage cannot be used: {error}") from error


def error_code(error: ClientError) -> str:
    """S3's word for what went wrong, or the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _translate(error: ClientError, bucket: str, key: str, upload_id: str) -> StorageError:
    code = error_code(error)
    if code == "NoSuchBucket":
        return StorageUnavailable(f"there is no bucket “{bucket}”: create it, not public")
    if code == "NoSuchUpload":
        return UploadMissing(upload_id)
    if code in _MISSING:
        return UploadMissing(upload_id) if upload_id else ObjectMissing(key)
    if code in _BAD_PARTS:
        return BadUpload("a part is missing, out of order or too small: send it again")
    if code in _REFUSED:
        return StorageRefused(
            f"the S3 server refuses ({code}): check the access key, the secret key, the"
            f" server's clock, and that the key may list, read, write and delete in “{bucket}”"
        )
    return StorageUnavailable(f"the S3 server answered: {error}")
