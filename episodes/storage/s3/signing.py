"""Signed addresses that stay the same for a while.

A signature is dated with the start of its time window instead of this moment. So all workers
and machines hand out the same address all through the window (a client's cache recognises it),
and each is computed once and kept: a request costs one dictionary lookup.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import botocore
from boto3.session import Session
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from episodes.storage.base import StorageError, StorageRefused, StorageSettings, Upload
from episodes.storage.s3.bucket import Bucket
from episodes.storage.s3.client import make_client
from episodes.storage.streams import from_timestamp

# A role's temporary keys are replaced some minutes before they expire; an address signed with
# them dies with them, so it may not be kept for long.
ROLE_WINDOW = 300  # seconds
PART_SECONDS = 3600
MAX_SECONDS = 7 * 24 * 3600  # S3's own limit
CACHE_SIZE = 20_000  # addresses, about 1 kB each


class _DatedSigner(S3SigV4QueryAuth):
    """botocore's signer, with the date given instead of read from the clock."""

    def __init__(self, credentials: Any, region: str, expires: int, when: datetime) -> None:
        super().__init__(credentials, "s3", region, expires=expires)
        self._when = when

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        # The first step of signing, right after botocore has put the present moment here.
        request.context["timestamp"] = self._when.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]


class Signer:
    """Signs addresses for one bucket, as listeners' apps and browsers reach it."""

    def __init__(
        self, session: Session, settings: StorageSettings, config: Config, bucket: Bucket
    ) -> None:
        if not 60 <= settings.url_window <= MAX_SECONDS - settings.url_grace:
            raise StorageError("the window and grace of signed addresses must fit in seven days")
        self._session = session
        self._settings = settings
        self._bucket = bucket
        # This client knows how addresses are built and has no keys; the signature is ours.
        self.anonymous = make_client(
            session,
            settings.public_endpoint or settings.endpoint,
            config.merge(Config(signature_version=botocore.UNSIGNED)),
        )
        self._region = session.region_name or "us-east-1"
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, str], tuple[int, str]] = {}
        # Seconds in which an address stays the same, counted from the multiples of Unix time.
        self.window = settings.url_window if settings.access_key else ROLE_WINDOW

    def get(self, key: str, now: datetime, content_type: str, filename: str) -> str:
        """The address of an object in the bucket, valid until the window's end plus grace."""
        window = int(now.timestamp()) // self.window
        name = (key, content_type, filename)
        kept = self._kept.get(name)
        if kept is not None and kept[0] == window:
            return kept[1]
        params = {"Key": self._bucket.full_key(key), "ResponseContentType": content_type}
        if filename:
            params["ResponseContentDisposition"] = content_disposition(filename)
        start = from_timestamp(window * self.window)
        url = self._sign("get_object", "GET", params, start, self.window + self._grace)
        self._keep(name, (window, url))
        return url

    def part(self, upload: Upload, number: int, now: datetime) -> str:
        """An address to PUT one part to, for an hour."""
        key = self._bucket.full_key(upload.key)
        params = {"Key": key, "UploadId": upload.id, "PartNumber": number}
        return self._sign("upload_part", "PUT", params, now, PART_SECONDS)

    @property
    def _grace(self) -> int:
        return self._settings.url_grace

    def _keep(self, name: tuple[str, str, str], entry: tuple[int, str]) -> None:
        with self._lock:
            self._kept.pop(name, None)  # so that the dictionary's order is by age
            while len(self._kept) >= CACHE_SIZE:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = entry

    def _sign(
        self, operation: str, verb: str, params: Mapping[str, Any], when: datetime, seconds: int
    ) -> str:
        with self._lock:  # sessions are not made for several threads
            credentials = self._session.get_credentials()
        if credentials is None:
            raise StorageRefused("storage.access_key and storage.secret_key are missing")
        url = self.anonymous.generate_presigned_url(
            operation, Params={"Bucket": self._bucket.name, **params}
        )
        frozen = credentials.get_frozen_credentials()
        request = AWSRequest(method=verb, url=url)
        _DatedSigner(frozen, self._region, seconds, when).add_auth(request)
        return str(request.url)


def content_disposition(filename: str) -> str:
    """A header value that names the file when saved, in any alphabet (RFC 6266, RFC 8187).

    ``inline``, since the file is there to be played.
    """
    plain = filename.encode("ascii", "replace").decode()
    plain = "".join(c if c.isprintable() and c not in '"\\%;/?' else "_" for c in plain)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
