"""The loop over an inbox of somebody else's: what is taken, refused, or tried again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from episodes.errors import EpisodeError
from episodes.storage.base import StorageUnavailable
from podcast_server.watching.inbox import Seen
from podcast_server.watching.loop import Settling, Watch


@dataclass
class Box:
    """An inbox in memory."""

    names: list[str]
    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    broken: Exception | None = None

    def look(self) -> list[Seen]:
        if self.broken:
            raise self.broken
        return [Seen(name, 1, ()) for name in self.names]

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        yield Path(name)

    def finish(self, name: str) -> None:
        self.names.remove(name)
        self.done.append(name)

    def refuse(self, name: str, reason: str) -> None:
        self.names.remove(name)
        self.refused[name] = reason


class Said:
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str]] = []

    def refused(self, name: str, reason: str) -> None:
        """Not needed here: the box knows."""

    def waits(self, name: str, reason: str) -> None:
        self.waiting.append((name, reason))


class Hand:
    """Takes files, or fails as it was told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.fails: dict[str, Exception] = {}

    def __call__(self, path: Path) -> None:
        if path.name in self.fails:
            raise self.fails[path.name]
        self.taken.append(path.name)


@dataclass
class Scene:
    box: Box
    hand: Hand
    said: Said
    stop: threading.Event

    def watch(self) -> Watch:
        return Watch(self.box, self.hand, self.said, Settling(0), self.stop, lambda: 0.0)


@pytest.fixture
def scene() -> Scene:
    return Scene(Box(["a.mp3", "b.mp3", "c.mp3"]), Hand(), Said(), threading.Event())


def test_what_is_there_is_taken_and_put_aside(scene: Scene) -> None:
    scene.watch().run_once()
    assert scene.hand.taken == scene.box.done == ["a.mp3", "b.mp3", "c.mp3"]


def test_a_bad_file_is_refused_with_the_reason_and_the_others_go_on(scene: Scene) -> None:
    scene.hand.fails["b.mp3"] = EpisodeError("it is a picture")
    scene.watch().run_once()
    assert scene.box.done == ["a.mp3", "c.mp3"]
    assert scene.box.refused == {"b.mp3": "it is a picture"}


@pytest.mark.parametrize("trouble", [StorageUnavailable("disk full"), PermissionError("no")])
def test_a_file_waits_while_the_storage_is_away(scene: Scene, trouble: Exception) -> None:
    scene.hand.fails["a.mp3"] = trouble
    watch = scene.watch()
    watch.run_once()
    assert scene.box.names == ["a.mp3"]
    assert scene.said.waiting == [("a.mp3", str(trouble))]
    scene.hand.fails.clear()
    watch.run_once()
    assert scene.box.names == []


def test_a_place_that_is_away_for_a_while_is_looked_at_again(scene: Scene) -> None:
    scene.box.broken = OSError("not mounted")
    watch = scene.watch()
    watch.run_once()
    assert scene.said.waiting == [("", "not mounted")]
    scene.box.broken = None
    watch.run_once()
    assert scene.box.names == []


def test_told_to_stop_it_finishes_the_file_at_hand_and_takes_no_other(scene: Scene) -> None:
    def taking(path: Path) -> None:
        scene.hand.taken.append(path.name)
        scene.stop.set()

    watch = Watch(scene.box, taking, scene.said, Settling(0), scene.stop, lambda: 0.0)
    watch.run(interval=60)
    assert scene.box.done == ["a.mp3"]
    assert scene.box.names == ["b.mp3", "c.mp3"]
