"""Who may reach the bucket: nobody without a signature, and browsers only from our pages."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from episodes.storage.base import StoragePublic
from episodes.storage.s3.bucket import Bucket
from episodes.storage.s3.errors import error_code, s3_errors

PATIENCE = 10  # seconds


def refuse_public(anonymous: Any, bucket: Bucket, key: str) -> None:
    """Raises StoragePublic if a client without keys can read this object."""
    with s3_errors(bucket.name, key):
        try:
            answer = anonymous.get_object(Bucket=bucket.name, Key=bucket.full_key(key))
        except ClientError:
            return  # refused, as it should be
    answer["Body"].close()
    raise StoragePublic(
        f"anybody can read the bucket “{bucket.name}”: make it private, or members' episodes"
        " can be had without paying"
    )


def allow_origin(bucket: Bucket, origin: str) -> None:
    """Add a CORS rule for pages of ``origin``, next to the rules that are there."""
    rules = _cors_rules(bucket)
    if any(origin in rule["AllowedOrigins"] for rule in rules):
        return
    ours: Any = {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    with s3_errors(bucket.name):
        bucket.client.put_bucket_cors(
            Bucket=bucket.name, CORSConfiguration={"CORSRules": [*rules, ours]}
        )


def may_send(bucket: Bucket, address: str, origin: str) -> bool:
    """Ask as a browser does before it sends a part to a signed address (Fetch, §4.8).

    Asked over the line, because not every server that follows CORS tells its rules.
    """
    wanted = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    request = AWSRequest(method="OPTIONS", url=address, headers=wanted).prepare()
    with s3_errors(bucket.name):
        answer = URLLib3Session(timeout=PATIENCE).send(request)
    return answer.headers.get("Access-Control-Allow-Origin") in {origin, "*"}


def _cors_rules(bucket: Bucket) -> list[Any]:
    with s3_errors(bucket.name):
        try:
            answer = bucket.client.get_bucket_cors(Bucket=bucket.name)
        except ClientError as error:
            if error_code(error) == "NoSuchCORSConfiguration":
                return []
            raise
    return [*answer["CORSRules"]]
