"""`watch` over a real folder, as typed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from sqlalchemy import select

from episodes.models import Episode
from episodes.storage.base import StorageSettings
from episodes.storage.s3.foreign import S3Folder
from podcast_server.watching.folder import alone_in
from tests.podcast_server.cli.conftest import AUDIO, Terminal
from tests.running import PATIENCE, installation

pytest_plugins = ["tests.s3_server"]


@pytest.fixture
def inbox(terminal: Terminal) -> Path:
    folder = terminal.folder / "inbox"
    folder.mkdir()
    return folder


def drop(terminal: Terminal, inbox: Path, name: str = "talk.mp3", number: int = 1) -> Path:
    return Path(shutil.move(terminal.audio(number, "new.mp3"), inbox / name))


def take(terminal: Terminal, inbox: Path, *more: str, code: int = 0) -> Any:
    once = ("--show", "harbour", "--once", "--settle", "0", *more)
    return terminal.run("watch", inbox, *once, code=code)


def episodes(terminal: Terminal) -> list[Episode]:
    with terminal.reading() as session:
        found = session.scalars(select(Episode).order_by(Episode.id)).all()
        return [each for each in found if each.transcripts is not None]


def test_a_file_becomes_a_draft_and_goes_to_done(terminal: Terminal, inbox: Path) -> None:
    drop(terminal, inbox)
    assert "draft" in take(terminal, inbox).output
    [episode] = episodes(terminal)
    assert episode.state == "draft"
    assert episode.audience == "members"
    assert sorted(path.name for path in inbox.glob("[!.]*")) == ["done"]
    assert (inbox / "done" / "talk.mp3").exists()


def test_it_can_be_published_at_once_for_whom_one_says(terminal: Terminal, inbox: Path) -> None:
    drop(terminal, inbox)
    take(terminal, inbox, "--publish", "now", "--audience", "free")
    [episode] = episodes(terminal)
    assert (episode.state, episode.audience) == ("ready", "free")


def test_transcript_and_chapters_beside_it_come_along(terminal: Terminal, inbox: Path) -> None:
    drop(terminal, inbox)
    (inbox / "talk.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nGood morning.\n")
    (inbox / "talk.chapters.json").write_text(
        '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Start"}]}'
    )
    take(terminal, inbox)
    [episode] = episodes(terminal)
    assert len(episode.transcripts) == 1
    assert episode.chapters[0]["title"] == "Start"
    done = {path.name for path in (inbox / "done").iterdir()}
    assert done == {"talk.mp3", "talk.vtt", "talk.chapters.json"}


@pytest.mark.thorough
def test_what_is_no_audio_is_put_aside_with_the_reason(terminal: Terminal, inbox: Path) -> None:
    (inbox / "letter.mp3").write_text("Dear listener")
    drop(terminal, inbox)
    take(terminal, inbox, code=3)
    assert len(episodes(terminal)) == 1
    assert (inbox / "refused" / "letter.mp3").read_text() == "Dear listener"
    assert (inbox / "refused" / "letter.mp3.txt").read_text().strip()


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("step", "calls"),
    [
        ("podcast_server.cli.episode_add.store_playable", 0),
        ("podcast_server.cli.episode_add.create_episode", 0),
        ("podcast_server.cli.episode_add.attach_audio", 0),
        ("podcast_server.watching.folder.Folder.finish", 0),
        ("podcast_server.watching.folder.Folder._put_aside", 0),
        ("podcast_server.watching.folder.Folder._put_aside", 1),
    ],
)
def test_killed_at_any_step_a_file_becomes_one_episode_and_goes_to_done(
    terminal: Terminal, inbox: Path, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    drop(terminal, inbox)
    (inbox / "talk.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nGood morning.\n")
    real, left = resolve_name(step), [calls]

    def dying(*given: Any, **named: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(step, dying)
        with pytest.raises(Killed):
            take(terminal, inbox)
    assert (inbox / "talk.mp3").exists()
    take(terminal, inbox)
    [episode] = episodes(terminal)
    assert len(episode.transcripts) == 1
    assert {path.name for path in (inbox / "done").iterdir()} == {"talk.mp3", "talk.vtt"}


@pytest.mark.thorough
def test_the_same_recording_under_another_name_is_known(terminal: Terminal, inbox: Path) -> None:
    drop(terminal, inbox, "talk.mp3")
    take(terminal, inbox)
    drop(terminal, inbox, "talk.mp3")
    take(terminal, inbox)
    assert len(episodes(terminal)) == 1
    assert {path.name for path in (inbox / "done").iterdir()} == {"talk.mp3", "talk-2.mp3"}


def test_a_symbolic_link_is_refused_unread(terminal: Terminal, inbox: Path) -> None:
    secret = terminal.audio(1, "secret.mp3")
    (inbox / "talk.mp3").symlink_to(secret)
    take(terminal, inbox, code=3)
    assert episodes(terminal) == []
    assert (inbox / "refused" / "talk.mp3").is_symlink()
    assert secret.exists()


def test_a_link_beside_the_audio_shows_nobody_another_file(terminal: Terminal, inbox: Path) -> None:
    drop(terminal, inbox)
    (terminal.folder / "secret.txt").write_text("the password is tide")
    (inbox / "talk.txt").symlink_to(terminal.folder / "secret.txt")
    take(terminal, inbox, code=3)
    assert episodes(terminal) == []
    assert "symbolic link" in (inbox / "refused" / "talk.mp3.txt").read_text()


def test_a_pipe_is_refused_and_not_waited_for(terminal: Terminal, inbox: Path) -> None:
    os.mkfifo(inbox / "talk.mp3")
    take(terminal, inbox)
    assert episodes(terminal) == []


def test_one_folder_is_watched_by_one_process(terminal: Terminal, inbox: Path) -> None:
    with alone_in(inbox):
        assert "watched already" in take(terminal, inbox, code=1).stderr


def test_an_unknown_show_and_a_missing_folder_are_said_at_once(
    terminal: Terminal, inbox: Path
) -> None:
    terminal.run("watch", inbox, "--show", "nothing", code=1)
    assert "no folder" in take(terminal, inbox / "none", code=1).stderr


@pytest.mark.slow
def test_a_real_process_takes_what_appears_and_ends_on_sigterm(tmp_path: Path) -> None:
    place = installation(tmp_path / "server")
    place.run("show", "create", "Harbour")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    words = ["watch", inbox, "--show", "harbour", "--settle", "0.2", "--interval", "0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "podcast_server", *map(str, words)],
        cwd=place.folder,
        env=place.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Watching")
        [audio] = AUDIO.glob("s01e01*.mp3")
        # Whole at once: on a busy machine a copy may rest for longer than it takes to settle.
        Path(shutil.copy(audio, tmp_path / "talk.mp3")).rename(inbox / "talk.mp3")
        assert "talk.mp3 →" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()
    assert (inbox / "done" / "talk.mp3").exists()


@pytest.mark.slow
def test_a_bucket_is_watched_like_a_folder(
    terminal: Terminal, s3_settings: StorageSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("endpoint", "region", "access_key", "secret_key"):
        monkeypatch.setenv(f"PODCAST_SERVER_STORAGE__{name.upper()}", getattr(s3_settings, name))
    box = S3Folder(replace(s3_settings, prefix=s3_settings.prefix + "/Meine Aufnahmen"))
    client, bucket = box._client, box._bucket
    client.upload_file(str(terminal.audio(1)), bucket, box._prefix + "Mein Gespräch 1.mp3")
    for name, text in {
        "Mein Gespräch 1.vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n",
        "bad.mp3": "Dear listener",
        "half.mp3.part": "x",
        "below/other.mp3": "x",
    }.items():
        box.write(name, text)
    address = f"s3://{bucket}/{box._prefix}"
    words = ("watch", address, "--show", "harbour", "--once", "--settle", "0")
    terminal.run(*words, code=3)
    [episode] = episodes(terminal)
    assert len(episode.transcripts) == 1
    listed = client.list_objects_v2(Bucket=bucket, Prefix=box._prefix)["Contents"]
    assert {each["Key"].removeprefix(box._prefix) for each in listed} == {
        "done/Mein Gespräch 1.mp3",
        "done/Mein Gespräch 1.vtt",
        "refused/bad.mp3",
        "refused/bad.mp3.txt",
        "half.mp3.part",
        "below/other.mp3",
    }
    terminal.run(*words)


@pytest.mark.thorough
def test_our_own_bucket_is_never_watched(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCAST_SERVER_STORAGE__BACKEND", "s3")
    monkeypatch.setenv("PODCAST_SERVER_STORAGE__BUCKET", "ours")
    for address in ("s3://ours", "s3://ours/anything"):
        done = terminal.run("watch", address, "--show", "harbour", code=1)
        assert "its own files" in done.stderr
    assert "names no bucket" in terminal.run("watch", "s3://", "--show", "harbour", code=1).stderr
