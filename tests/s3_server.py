"""A real S3 server for tests: SeaweedFS, started once, on ports the system chose.

A test module that wants it says ``pytest_plugins = ["tests.s3_server"]``. ``s3_server`` is the
server, ``s3_settings`` the settings of a storage with a fresh prefix in a private bucket of it.

Another server, already running, is tried instead where TEST_S3_ENDPOINT names it; it must know
the access key AKTEST with the secret SKTEST, for a user that may do everything.
"""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator

import pytest

from episodes.storage.base import StorageSettings
from tests.seaweedfs import SHARED_BUCKET, S3Server, prepare, running_seaweedfs


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One S3 server for the whole session. Fails, never skips."""
    named = os.environ.get("TEST_S3_ENDPOINT")
    if named:
        server = S3Server(named)
        prepare(server)
        yield server
        return
    folder = tmp_path_factory.mktemp("seaweedfs")
    with running_seaweedfs(folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    # Not from 1: a server that stays remembers the last session's.
    return itertools.count(time.time_ns() // 1_000_000)


@pytest.fixture
def new_bucket(s3_server: S3Server, _numbers: Iterator[int]) -> Iterator[Callable[[], str]]:
    """Makes fresh, private buckets, and removes them. They are costly: ``s3_settings`` is not."""
    client, made = s3_server.client(), []

    def make() -> str:
        made.append(f"bucket-{next(_numbers)}")
        client.create_bucket(Bucket=made[-1])
        return made[-1]

    yield make
    for name in made:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            for found in page.get("Contents", []):
                client.delete_object(Bucket=name, Key=found["Key"])
        client.delete_bucket(Bucket=name)


@pytest.fixture
def s3_settings(s3_server: S3Server, _numbers: Iterator[int]) -> StorageSettings:
    """Settings of a storage of one's own: a fresh prefix in a private bucket."""
    return s3_server.settings(SHARED_BUCKET, prefix=f"test-{next(_numbers)}")
