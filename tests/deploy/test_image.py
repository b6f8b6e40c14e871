"""The container image, built as it is and run. Where podman is not installed this is skipped."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.deploy.fronts import DEPLOY
from tests.deploy.images import NoBuilder, Podman, podman
from tests.running import PATIENCE, ROOT

IMAGE = "localhost/podcast-server"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE = (DEPLOY / "compose.yaml").read_text()
INIT_AND_SERVE = "podcast-server init && exec podcast-server serve"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    try:
        with podman(tmp_path_factory.mktemp("images")) as made:
            [base] = set(re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE))
            made.bring(base)
            made(
                "build", "--pull=never", "--format=docker", "--isolation=chroot", "--network=host",
                f"--file={DEPLOY / 'Containerfile'}", f"--tag={IMAGE}", ROOT,
            )  # fmt: skip
            yield made
    except NoBuilder as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_image_serves_is_found_healthy_and_stops_in_good_order(built: Podman) -> None:
    name = built.start(IMAGE, "sh", "-c", INIT_AND_SERVE)
    check = re.search(r"^HEALTHCHECK CMD (.*)$", CONTAINERFILE, re.MULTILINE)
    assert check
    deadline = time.monotonic() + PATIENCE
    while not succeeds(built, name, *json.loads(check[1])):
        assert time.monotonic() < deadline, built("logs", name)
        time.sleep(0.5)
    assert built("exec", name, "id", "-un") == "podcast-server"
    assert built("exec", name, "stat", "-c", "%a", "data") == "700"
    began = time.monotonic()
    built("stop", "--time=90", name)
    assert time.monotonic() - began < 60
    assert built("inspect", "--format={{.State.ExitCode}}", name) == "0"


def succeeds(built: Podman, name: str, *command: str) -> bool:
    try:
        built("exec", name, *command)
    except AssertionError:
        return False
    return True


def test_its_pg_dump_is_as_new_as_the_database_beside_it() -> None:
    """An older pg_dump refuses a newer server, and with it every backup."""
    of_debian = {"bookworm": 15, "trixie": 17}
    server = re.search(r"image: docker.io/library/postgres:(\d+)$", COMPOSE, re.MULTILINE)
    release = re.search(r"^FROM \S+slim-(\w+)$", CONTAINERFILE, re.MULTILINE)
    assert server
    assert release
    assert of_debian[release[1]] >= int(server[1])
