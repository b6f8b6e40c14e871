"""An operator's newer list of user agents, in the public format."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from feeds.downloads.agents import feed_app
from feeds.downloads.errors import AgentListError
from feeds.downloads.opawg import KINDS, agents_with, load_opawg

SAMPLE = {
    "bots": [{"name": "Example Bot", "pattern": "ExampleBot/"}, {"name": "Castro", "pattern": "Tentacles"}],
    "apps": [{"name": "Example Pod", "pattern": "^ExamplePod/"}, {"name": "Shadow", "pattern": "Bot"}],
    "libraries": [
        {"name": "HTTP Kit", "pattern": "^httpkit/", "category": "bot"},
        {"name": "Example Player", "pattern": "^ExPlay/"},
    ],
    "browsers": [{"name": "Example Browser", "pattern": "^Browse/"}],
    "devices": [
        {"name": "Phone", "pattern": "Phone", "category": "mobile"},
        {"name": "Speaker", "pattern": "Speaker", "category": "smart_speaker"},
    ],
    "referrers": [{"name": "Web Player", "pattern": "^https://player\\.example/", "category": "app"}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, entries in SAMPLE.items():
        (tmp_path / f"{name}.runtime.json").write_text(json.dumps({"entries": entries}))
    return tmp_path


def test_bots_are_asked_first_then_apps_libraries_and_browsers(folder: Path) -> None:
    listed = load_opawg(folder)
    found = [listed.find(text) for text in ("ExampleBot/1", "ExamplePod/1", "ExPlay/1", "Browse/1")]
    assert [agent and agent.name for agent in found] == [
        "Example Bot",
        "Example Pod",
        "Example Player",
        "Example Browser",
    ]
    assert [agent and agent.kind for agent in found] == ["bot", "app", "library", "browser"]


def test_a_library_for_programs_is_a_bot(folder: Path) -> None:
    agent = load_opawg(folder).find("httpkit/2")
    assert agent is not None
    assert agent.bot


def test_the_first_device_that_matches_is_taken(folder: Path) -> None:
    agent = load_opawg(folder).find("ExamplePod/1 Phone Speaker")
    assert agent is not None
    assert agent.device == "mobile"


def test_referrers_are_looked_at_for_browsers_only(folder: Path) -> None:
    listed = load_opawg(folder)
    page = "https://player.example/e/1"
    browser, app = listed.find("Browse/1", page), listed.find("ExamplePod/1", page)
    assert browser is not None
    assert app is not None
    assert (browser.referrer, app.referrer) == ("Web Player", "")


def test_what_the_list_does_not_know_the_built_in_lists_do(folder: Path) -> None:
    classify = agents_with(load_opawg(folder))
    assert classify("ExamplePod/1").name == "Example Pod"
    assert classify("AntennaPod/3.5").name == "AntennaPod"
    assert classify("curl/8").bot
    assert classify("").kind == "malformed"


def test_servers_of_apps_are_still_told_from_other_bots(folder: Path) -> None:
    classify = agents_with(load_opawg(folder))
    assert classify("Castro 2 Tentacles").server_crawler
    assert not classify("ExampleBot/1").server_crawler
    assert feed_app("Castro 2 Tentacles", classify) == "Castro"


def test_one_file_of_the_list_is_enough(folder: Path) -> None:
    listed = load_opawg(folder / "apps.runtime.json")
    assert listed.find("ExampleBot/1") is not None  # "Shadow", an app
    assert listed.find("Browse/1") is None


def test_a_list_can_be_fetched_from_an_address(folder: Path) -> None:
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return (folder / address.rpartition("/")[2]).read_bytes()

    listed = load_opawg("https://lists.example/build/", fetch)
    assert listed.find("ExamplePod/1") is not None
    assert asked[0] == "https://lists.example/build/bots.runtime.json"
    assert load_opawg("https://lists.example/bots.runtime.json", fetch).find("Browse/1") is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("not json", "no JSON"),
        ("[]", "no JSON"),
        ('{"other": 1}', "no JSON"),
        ('{"entries": {}}', "entry without"),
        ('{"entries": [{"name": "x"}]}', "entry without"),
        ('{"entries": [{"name": "x", "pattern": 5}]}', "entry without"),
        ('{"entries": [{"name": "x", "pattern": "("}]}', "bots, x"),
        ('{"entries": [{"name": "x", "pattern": "' + "a" * 5000 + '"}]}', "too long"),
        (" " * (5 * 1024 * 1024), "larger than"),
        ("[" * 100_000, "no JSON"),
    ],
    ids=range(10),
)
def test_a_broken_list_is_refused_with_its_place(
    tmp_path: Path, content: str, problem: str
) -> None:
    (tmp_path / "bots.runtime.json").write_text(content)
    with pytest.raises(AgentListError, match=problem):
        load_opawg(tmp_path)


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentListError, match="holds none"):
        load_opawg(tmp_path)
    with pytest.raises(AgentListError, match="must be a folder"):
        load_opawg("https://lists.example/build")


# The public list brings its own worked examples; it is not part of this project, so these
# run only where OPAWG_FOLDER says it is.
opawg_folder = os.environ.get("OPAWG_FOLDER", "")
needs_list = pytest.mark.skipif(not opawg_folder, reason="OPAWG_FOLDER names no list")


def examples(kind: str) -> list[tuple[str, str]]:
    content = json.loads((Path(opawg_folder) / f"{kind}.examples.json").read_text())
    return [(e["name"], text) for e in content["entries"] for text in e["examples"]]


@needs_list
@pytest.mark.parametrize(("file", "kind"), KINDS)
def test_every_worked_example_of_the_public_list_is_classified_as_it_says(
    file: str, kind: str
) -> None:
    listed = load_opawg(opawg_folder)
    for name, text in examples(file):
        agent = listed.find(text)
        assert agent is not None, text
        assert (agent.name, agent.kind) == (name, kind), text


@needs_list
def test_every_worked_referrer_of_the_public_list_is_found() -> None:
    listed = load_opawg(opawg_folder)
    browser = examples("browsers")[0][1]
    for name, text in examples("referrers"):
        agent = listed.find(browser, text)
        assert agent is not None
        assert agent.referrer == name, text


@needs_list
def test_the_built_in_lists_keep_the_public_lists_listeners() -> None:
    classify = agents_with(load_opawg(opawg_folder))
    from feeds.downloads.agents import built_in_agents

    built_in = built_in_agents()
    people = [text for file in ("apps", "browsers") for _, text in examples(file)]
    lost = [text for text in people if built_in(text).bot]
    assert len(lost) <= len(people) * 0.02
    assert not any(classify(text).kind == "malformed" for text in people)
