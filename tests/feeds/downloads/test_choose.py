"""The operator's setting chooses the list of user agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from feeds.downloads.agents import built_in_agents
from feeds.downloads.choose import choose_agents
from feeds.downloads.errors import AgentListError
from feeds.downloads.opawg import FILES, LARGEST_FILE
from tests.serving import serving


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        entries = [{"name": "New Pod", "pattern": "^NewPod/"}] if name == "apps" else []
        (tmp_path / f"{name}.runtime.json").write_text(json.dumps({"entries": entries}))
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def test_no_setting_means_the_built_in_lists() -> None:
    assert choose_agents("") is built_in_agents()


def test_a_folder_is_a_list(folder: Path) -> None:
    assert choose_agents(str(folder))("NewPod/1").name == "New Pod"


def test_an_address_is_a_list(address: str) -> None:
    assert choose_agents(address)("NewPod/1").name == "New Pod"


def test_a_file_that_is_missing_there_is_said_with_its_address(address: str, folder: Path) -> None:
    (folder / "devices.runtime.json").unlink()
    with pytest.raises(AgentListError, match=r"devices\.runtime\.json: cannot be fetched"):
        choose_agents(address)


def test_an_endless_file_is_not_swallowed(address: str, folder: Path) -> None:
    (folder / "bots.runtime.json").write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(AgentListError, match="larger than"):
        choose_agents(address)


def test_a_server_that_is_away_is_said() -> None:
    with pytest.raises(AgentListError, match="cannot be fetched"):
        choose_agents("http://127.0.0.1:1/build")
