"""What was given is given again as long as the row that it was made of stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine

from feeds.delivery.facts import Answer
from feeds.delivery.given import Get, Given, GivenBefore
from feeds.delivery.lookup import Lookup
from feeds.delivery.memory import FeedMemory
from feeds.delivery.rows import FeedRow
from feeds.downloads.record import FeedPoll

PATH = "/f/a-token"


class Sure:
    """A watch that always is."""

    def __init__(self) -> None:
        self.answer = True

    def current(self, _memory: FeedMemory) -> bool:
        return self.answer

    def close(self) -> None:
        self.answer = False


class Watched(FeedMemory):
    """Somebody looks in the middle of every change."""

    look: Callable[[], object] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if self.look is not None and name != "look":
            self.look()


class Same(Given):
    """The same answer to everybody."""

    def again(self, get: Get) -> Answer:
        return Answer(200, [])

    def note(self, now: float, status: int, get: Get) -> FeedPoll:
        return FeedPoll(now, 1, status, "")


def row(feed_id: int, show_id: int = 1) -> FeedRow:
    return FeedRow(feed_id, 1, show_id, "open", None, "key", 1, "[]")


def kept(memory: FeedMemory, until: float = 100.0) -> GivenBefore:
    """With one answer, from the moment 0 on."""
    given = GivenBefore(Lookup(create_engine("sqlite://"), memory))
    mine = row(1)
    memory.keep("mine", mine, memory.changes)
    given.keep(PATH, Same("mine", mine, "1", 0.0, until))
    return given


def test_it_is_given_within_its_time() -> None:
    given = kept(FeedMemory(Sure(), 10))
    assert [given.get(PATH, now) is not None for now in (-1, 0, 99, 100)] == [
        False,
        True,
        True,
        False,
    ]


def test_what_changes_for_others_leaves_it() -> None:
    memory = FeedMemory(Sure(), 10)
    given = kept(memory)
    memory.forget_feed("another")
    memory.forget_show(2)
    assert given.get(PATH, 1) is given.get(PATH, 2) is not None


@pytest.mark.parametrize("feed_read_again", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda memory: memory.forget_feed("mine"),
        lambda memory: memory.forget_show(1),
        lambda memory: memory.forget_all(),
    ],
    ids=["its feed", "its show", "everything"],
)
def test_what_changed_is_not_given_even_to_who_asks_while_it_changes(
    change: Callable[[FeedMemory], None], feed_read_again: bool
) -> None:
    memory = Watched(Sure(), 10)
    given = kept(memory)
    given.get(PATH, 1)
    memory.look = lambda: given.get(PATH, 1)
    change(memory)
    if feed_read_again:
        memory.keep("mine", row(1), memory.changes)
    assert given.get(PATH, 1) is None


def test_nothing_is_given_while_changes_may_be_missed() -> None:
    watch = Sure()
    given = kept(FeedMemory(watch, 10))
    assert given.get(PATH, 1) is not None
    watch.answer = False
    assert given.get(PATH, 1) is None


def test_nothing_is_given_where_nothing_is_remembered() -> None:
    given = GivenBefore(Lookup(create_engine("sqlite://")))
    given.keep(PATH, Same("mine", row(1), "1", 0.0, 100.0))
    assert given.get(PATH, 1) is None
