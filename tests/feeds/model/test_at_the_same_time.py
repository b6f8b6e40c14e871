"""Polls and changes at the same time: every answer is the state before or after, never another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.episodes import update_episode
from episodes.models import Episode, Show
from episodes.publishing import publish_episode
from feeds.access import Entitlement
from feeds.delivery.facts import Request
from feeds.delivery.feed import answer_private_feed
from feeds.delivery.lookup import Lookup
from feeds.editions import Assembled, Editions
from feeds.rendering.assemble import Addresses, Assembler
from podcast_server.services import build_edition
from tests.conftest import body_of
from tests.feeds.model import oracle
from tests.feeds.model.checks import Item, Poller
from tests.feeds.model.world import World

pytestmark = pytest.mark.both_databases
POLLERS = 4


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """Three members, one of them paying, and some episodes."""
    world = World(engine, members=3)
    for number, audience in enumerate(["free", "members", "free", "members"]):
        episode = world.add_episode(audience, None, frozenset(), None)
        world.publish(episode, world.now - timedelta(hours=number))
    world.give(world.members[0], ("show", 0), world.now, None, "hand", "")
    yield world
    world.close()


@dataclass
class History:
    """What each member should have seen after each change."""

    world: World
    poller: Poller
    begun: int = 0
    done: int = 0
    states: list[list[list[Item]]] = field(default_factory=list)

    def change(self, make: Callable[[], None]) -> None:
        self.begun += 1
        make()
        self.note()
        self.done += 1

    def note(self) -> None:
        expected, now = self.poller.expected, self.world.now
        self.states.append([expected(each, each.feeds[0], now) for each in self.world.members])


@dataclass(frozen=True)
class Poll:
    """What one member got, and the changes that were done before and begun by the end."""

    member: int
    after: int
    before: int
    items: list[Item]


def keep_polling(history: History, member: int, stop: threading.Event) -> list[Poll]:
    polls, reader = [], Poller(history.world)
    feed = history.world.members[member].feeds[0]
    while not stop.is_set():
        after = history.done
        answer = reader.ask(f"/f/{feed.token}")
        before = history.begun
        polls.append(Poll(member, after, before, reader.items(body_of(answer), feed)))
    return polls


def changes(world: World) -> Iterator[Callable[[], None]]:
    """Thirty changes that somebody can see."""
    episodes, member = world.show.episodes, world.members[0]

    def publish(episode: oracle.Episode) -> None:
        world.publish(episode, world.now)

    for number in range(6):
        episode = episodes[number % len(episodes)]
        yield partial(world.retitle, episode)
        yield partial(world.unpublish, episode, "withdrawn")
        yield lambda: world.end(member, world.now)
        yield partial(publish, episode)
        yield lambda: world.give(member, ("show", 0), world.now, None, "hand", "")


@pytest.mark.thorough
def test_a_poll_during_a_change_sees_the_state_before_or_after_it(world: World) -> None:
    history, stop = History(world, Poller(world)), threading.Event()
    history.note()
    with ThreadPoolExecutor(POLLERS) as threads:
        polling = [
            threads.submit(keep_polling, history, number % len(world.members), stop)
            for number in range(POLLERS)
        ]
        try:
            for change in changes(world):
                history.change(change)
        finally:
            stop.set()
        polls = [poll for each in polling for poll in each.result()]
    assert len(polls) > POLLERS
    for poll in polls:
        possible = [state[poll.member] for state in history.states[poll.after : poll.before + 1]]
        assert poll.items in possible


def test_a_right_that_ends_while_the_feed_is_put_together_shows_nothing_newer(world: World) -> None:
    member, secret = world.members[0], world.add_episode("members", None, frozenset(), None)
    assemble = Assembler(world.engine, Addresses("http://podcast.test"))

    def late(show_id: int, seen_by: Entitlement | None, now: float) -> Assembled:
        if secret.state == "draft":  # the first time, after the right was looked up
            world.end(member, world.now)
            world.publish(secret, world.now)
        return assemble(show_id, seen_by, now)

    lookup = Lookup(world.engine)
    found = answer_private_feed(
        member.feeds[0].token,
        Request("GET", ""),
        tokens=world.tokens,
        lookup=lookup,
        editions=Editions(late, build_edition, max_bytes=64_000_000, folder=None),
        now=world.now.timestamp(),
    )
    lookup.close()
    assert found is not None
    reader = Poller(world)
    shown = reader.items(body_of(found.answer), member.feeds[0])
    assert shown == reader.expected(member, member.feeds[0], world.now)


def edit_many_times(engine: Engine, episode_id: int, name: str) -> None:
    for number in range(10):
        with Session(engine) as session:
            episode = session.get_one(Episode, episode_id)
            title = {"title": f"{name} {number}"}
            update_episode(session, episode, title, episode.created_at)
            session.commit()


def test_changes_made_at_the_same_time_are_all_seen(world: World) -> None:
    poller = Poller(world)
    poller.check_everything()
    with Session(world.engine) as session:
        before = session.get_one(Show, world.show_id).revision
    names = ("first", "second")
    with ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(edit_many_times, world.engine, episode.id, name)
            for episode, name in zip(world.show.episodes, names, strict=False)
        ]
        for each in running:
            each.result()
    with Session(world.engine) as session:
        assert session.get_one(Show, world.show_id).revision == before + 20
    for episode, name in zip(world.show.episodes, names, strict=False):
        episode.title = f"{name} 9"
    poller.check_everything()


def publish_now(world: World, episode_id: int, gate: threading.Barrier) -> None:
    with Session(world.engine) as session:
        if world.engine.dialect.name == "postgresql":
            # Both have read before either writes; SQLite lets one in at a time anyway.
            held = [*session.scalars(select(Show)), *session.scalars(select(Episode))]
            gate.wait(60)
            assert held
        publish_episode(session, session.get_one(Episode, episode_id), at=world.now, now=world.now)
        session.commit()


def test_episodes_published_at_the_same_time_close_each_other_by_the_archive_rule(
    world: World,
) -> None:
    world.edit_show(archive_after_count=1)
    fresh = [world.add_episode("free", None, frozenset(), None) for _ in "ab"]
    gate = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(publish_now, world, episode.id, gate) for episode in fresh]
        for each in running:
            each.result()
    for episode in fresh:
        episode.state, episode.publish_at = "ready", world.now
    Poller(world).check_everything()
