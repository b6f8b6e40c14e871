"""A show comes over by the command line, from its feed's address or a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign_host import ForeignHost, foreign_host
from tests.podcast_server.cli.conftest import AUDIO, Terminal
from tests.samples.feeds.hosts import Sample, acast, libsyn, substack, supercast


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForeignHost]:
    """The host that the show leaves; this server may fetch from this machine."""
    monkeypatch.setenv("PODCAST_SERVER_IMPORTS__ALLOW_LOOPBACK", "true")
    with foreign_host() as running:
        yield running


@pytest.fixture
def started(bare: Terminal) -> Terminal:
    """Set up, with no show yet."""
    bare.initialise()
    return bare


def serve(host: ForeignHost, sample: Sample) -> str:
    """Put a sample feed on the host, with files of sound; the feed's address."""
    files = sorted(AUDIO.glob("*.mp3"))[:3]
    for path, file in zip(sample.audio, files, strict=True):
        host.put(path, file.read_bytes(), "audio/mpeg")
    host.manners.login = sample.login
    return host.put(sample.path, sample.xml, sample.mime)


@pytest.mark.thorough
def test_a_show_comes_over_and_is_listed(started: Terminal, host: ForeignHost) -> None:
    done = started.run("import", "feed", serve(host, libsyn(host.url)), "--yes")
    assert "3 episodes would come" in done.output
    assert "3 episodes of “Harbour Notes” are here" in done.output
    episodes = started.json("episode", "list", "--show", "harbour-notes")
    assert len(episodes) == 3
    assert {episode["audience"] for episode in episodes} == {"members"}
    [row] = started.json("import", "feeds")
    assert (row["state"], row["host"]) == ("done", "127.0.0.1")


def test_it_asks_before_it_copies(started: Terminal, host: ForeignHost) -> None:
    url = serve(host, libsyn(host.url))
    started.run("import", "feed", url, typed="n\n", code=1)
    assert host.downloads() == []
    assert started.json("import", "feeds") == []


def test_a_dry_run_leaves_nothing(started: Terminal, host: ForeignHost) -> None:
    url = serve(host, substack(host.url))
    looked = started.json("import", "feed", url, "--dry-run")
    assert [item["state"] for item in looked["episodes"]] == ["unusable", "new", "new", "new"]
    assert looked["bytes"] > 0
    assert started.json("import", "feeds") == []
    assert [show["slug"] for show in started.json("show", "list")] == []


@pytest.mark.thorough
def test_what_could_not_come_is_said_and_the_exit_code_tells(
    started: Terminal, host: ForeignHost
) -> None:
    done = started.run("import", "feed", serve(host, substack(host.url)), "--yes", code=3)
    assert "A letter: there is no audio in this item" in done.output


@pytest.mark.thorough
def test_a_title_in_brackets_does_not_end_the_import_when_its_episode_is_refused(
    started: Terminal, host: ForeignHost
) -> None:
    sample = libsyn(host.url)
    serve(host, sample)
    host.put(sample.audio[0], b"this is no sound", "audio/mpeg")
    [title, *_] = re.findall(r"<item>\s*<title>([^<]+)</title>", sample.xml)
    url = host.put(sample.path, sample.xml.replace(title, "[/x] Fog"), sample.mime)
    done = started.run("import", "feed", url, "--yes", code=3)
    assert "[/x] Fog: " in done.output


@pytest.mark.thorough
def test_a_locked_feed_is_left_alone_unless_it_is_mine(
    started: Terminal, host: ForeignHost
) -> None:
    url = serve(host, acast(host.url))
    refused = started.run("import", "feed", url, "--yes", code=1)
    assert "--mine" in refused.output
    started.run("import", "feed", url, "--yes", "--mine")


@pytest.mark.thorough
def test_the_address_can_stay_out_of_the_shells_history(
    started: Terminal, host: ForeignHost, tmp_path: Path
) -> None:
    file = tmp_path / "address.txt"
    file.write_text(serve(host, libsyn(host.url)) + "?auth=geheim\n")
    done = started.run("import", "feed", f"@{file}", "--yes")
    assert "geheim" not in done.output


@pytest.mark.thorough
def test_a_password_is_asked_for_and_not_shown(started: Terminal, host: ForeignHost) -> None:
    url = serve(host, supercast(host.url))
    done = started.run("import", "feed", url, "--user", "ada", "--yes", typed="pa§s:wörd\n")
    assert "wörd" not in done.output
    assert "3 episodes of" in done.output


def test_a_wrong_password_says_so(started: Terminal, host: ForeignHost) -> None:
    url = serve(host, supercast(host.url))
    done = started.run("import", "feed", url, "--user", "ada", typed="x\n", code=1)
    assert "does not let us in (401)" in done.output


@pytest.mark.thorough
def test_a_file_is_taken_too(started: Terminal, host: ForeignHost, tmp_path: Path) -> None:
    sample = libsyn(host.url)
    serve(host, sample)
    file = tmp_path / "feed.xml"
    file.write_text(sample.xml)
    started.run("import", "feed", file, "--yes")
    assert len(started.json("episode", "list", "--show", "harbour-notes")) == 3


def test_a_file_cannot_be_followed(started: Terminal, host: ForeignHost, tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(libsyn(host.url).xml)
    done = started.run("import", "feed", file, "--mirror", "--yes", code=1)
    assert "a file cannot be followed" in done.output


@pytest.mark.thorough
def test_episodes_go_into_a_show_that_is_here(started: Terminal, host: ForeignHost) -> None:
    started.run("show", "create", "Harbour")
    url = serve(host, libsyn(host.url))
    started.run("import", "feed", url, "--into", "harbour", "--audience", "free", "--yes")
    episodes = started.json("episode", "list", "--show", "harbour")
    assert {episode["audience"] for episode in episodes} == {"free"}
    again = json.loads(
        started.run("import", "feed", url, "--into", "harbour", "--yes", "--json").stdout
    )
    assert {item["state"] for item in again["episodes"]} == {"copied"}


@pytest.mark.thorough
def test_an_import_is_stopped_and_gone_on_with(started: Terminal, host: ForeignHost) -> None:
    url = serve(host, libsyn(host.url))
    started.run("import", "feed", url, "--mirror", "--yes")
    [row] = started.json("import", "feeds")
    assert row["mirror"] == "follows"
    started.run("import", "stop", row["key"])
    [row] = started.json("import", "feeds")
    assert row["mirror"] == ""


def test_without_leave_this_machine_is_out_of_reach(
    started: Terminal, host: ForeignHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PODCAST_SERVER_IMPORTS__ALLOW_LOOPBACK")
    done = started.run("import", "feed", serve(host, libsyn(host.url)), code=1)
    assert "private network" in done.output
