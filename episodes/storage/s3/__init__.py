"""Objects in a bucket of Amazon S3 or of a server that speaks its protocol."""

from episodes.storage.s3.storage import S3Storage

__all__ = ["S3Storage"]
