"""What may happen to a show and its members, in any order hypothesis likes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine

from tests.feeds.model import oracle
from tests.feeds.model.checks import Poller
from tests.feeds.model.world import World

AUDIENCES = st.sampled_from(["free", "members", "tiers", "sale"])
# Seconds from now; the small ones make moments meet.
AWAY = st.sampled_from([-200_000, -3600, -1, 0, 1, 60, 3600, 86_400, 100_000, 259_200])
SEASONS = st.sampled_from([None, 1, 2])
ARCHIVE_DAYS = st.sampled_from([None, None, 1, 3])
KINDS = st.sampled_from(["welcome", "payment_failing", "ended"])
ARCHIVE_COUNT = st.sampled_from([2, 1, 3, None])
ANY = st.integers(0, 10_000)


class Listening(RuleBasedStateMachine):
    """A show, its members, and a poll of every feed after every step."""

    engine: Engine
    size = 8

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.fresh_database(), members=self.size)
        self.poller = Poller(self.world)

    def fresh_database(self) -> Engine:
        """An empty migrated database; given by the test."""
        raise NotImplementedError

    def teardown(self) -> None:
        try:
            # However a story ends, what was decided in it goes on by itself.
            self.pass_moments(8, 0)
        finally:
            self.world.close()

    def pass_moments(self, count: int, beside: float) -> None:
        """Stop at the next moments that matter, or just beside them, and poll at each."""
        world = self.world
        for _ in range(count):
            ahead = [at for at in oracle.moments(world.show, world.members) if at > world.now]
            if ahead:
                world.now = max(world.now, min(ahead) + timedelta(seconds=beside))
            self.poller.check_everything()

    def _at(self, seconds: int) -> datetime:
        return (self.world.now + timedelta(seconds=seconds)).replace(microsecond=0)

    def _episode(self, number: int) -> oracle.Episode:
        return self.world.show.episodes[number % len(self.world.show.episodes)]

    def _member(self, number: int) -> oracle.Member:
        return self.world.members[number % len(self.world.members)]

    def _tiers(self, number: int) -> frozenset[int]:
        first, second = self.world.tiers
        return (frozenset(), frozenset({first}), frozenset({second}), frozenset({first, second}))[
            number % 4
        ]

    def _scope(self, number: int) -> tuple[str, int]:
        first, second = self.world.tiers
        scopes = [("show", 0), ("tier", first), ("tier", second), ("season", 1), ("show", 0)]
        scopes += [("episode", each.id) for each in self.world.show.episodes]
        return scopes[number % len(scopes)]

    @initialize()
    def some_are_members_from_the_start(self) -> None:
        """Shapes of membership spread over all members, so that few share one."""
        for number, member in enumerate(self.world.members):
            if number % 5:
                ends = (None, 60, 3600, 86_400, 259_200)[number % 5]
                self.world.give(
                    member,
                    self._scope(number),
                    self._at(-86_400 * (number % 3)),
                    None if ends is None else self._at(ends),
                    "start",
                    "card_failing" if number % 7 == 0 else "",
                )

    @initialize(days=ARCHIVE_DAYS, count=ARCHIVE_COUNT)
    def there_are_episodes_already(self, days: int | None, count: int | None) -> None:
        """Some out, some to come, of every kind, under an archive rule or none."""
        world = self.world
        world.edit_show(archive_after_days=days, archive_after_count=count)
        for number, audience in enumerate(["free", "members", "free", "tiers", "free"]):
            public = self._at(3600) if number == 1 else None
            episode = world.add_episode(audience, None, self._tiers(number), public)
            world.publish(episode, self._at(-7200 + 2400 * number))

    @rule(audience=AUDIENCES, season=SEASONS, tiers=ANY, at=AWAY, public=st.none() | AWAY)
    def publish_something_new(
        self, audience: str, season: int | None, tiers: int, at: int, public: int | None
    ) -> None:
        public_at = None if public is None else self._at(public)
        episode = self.world.add_episode(audience, season, self._tiers(tiers), public_at)
        self.world.publish(episode, self._at(at))

    @rule(number=ANY, at=AWAY)
    def publish_again(self, number: int, at: int) -> None:
        self.world.publish(self._episode(number), self._at(at))

    @rule(number=ANY, state=st.sampled_from(["draft", "withdrawn"]))
    def withdraw(self, number: int, state: str) -> None:
        self.world.unpublish(self._episode(number), state)

    @rule(number=ANY)
    def correct_a_title(self, number: int) -> None:
        self.world.retitle(self._episode(number))

    @rule(number=ANY, audience=AUDIENCES, tiers=ANY, season=SEASONS)
    def change_the_audience(
        self, number: int, audience: str, tiers: int, season: int | None
    ) -> None:
        self.world.edit(
            self._episode(number), audience=audience, tier_ids=self._tiers(tiers), season=season
        )

    @rule(number=ANY, public=st.none() | AWAY)
    def open_to_the_public_later(self, number: int, public: int | None) -> None:
        public_at = None if public is None else self._at(public)
        self.world.edit(self._episode(number), public_at=public_at)

    @rule(days=ARCHIVE_DAYS, count=ARCHIVE_COUNT)
    def set_the_archive_rule(self, days: int | None, count: int | None) -> None:
        self.world.edit_show(archive_after_days=days, archive_after_count=count)

    @rule(how=st.sampled_from(["hidden", "teaser"]))
    def change_the_public_feed(self, how: str) -> None:
        self.world.edit_show(public_feed=how)

    @rule(
        member=ANY,
        scope=ANY,
        starts=AWAY,
        lasts=st.none() | st.sampled_from([0, 1, 60, 3600, 90_000, 300_000]),
        source=st.sampled_from(["start", "hand", "other"]),
        notice=st.sampled_from(["", "", "card_failing"]),
    )
    def give_or_extend(
        self, member: int, scope: int, starts: int, lasts: int | None, **terms: Any
    ) -> None:
        begin = self._at(starts)
        ends = None if lasts is None else begin + timedelta(seconds=lasts)
        self.world.give(self._member(member), self._scope(scope), begin, ends, **terms)

    @rule(kind=KINDS, silent=st.sampled_from([False, False, True]))
    def record_or_remove_a_clip(self, kind: str, *, silent: bool) -> None:
        if silent:
            self.world.fall_silent(kind)
        else:
            self.world.announce(kind)

    @rule(member=ANY, at=AWAY)
    def end_memberships(self, member: int, at: int) -> None:
        self.world.end(self._member(member), self._at(at))

    @rule(member=ANY)
    def open_another_feed(self, member: int) -> None:
        self.world.open_another(self._member(member))

    @rule(member=ANY, close=st.booleans())
    def reset_or_close_a_feed(self, member: int, *, close: bool) -> None:
        who = self._member(member)
        feed = who.feeds[-1]
        if feed.state != "open":
            return
        if close:
            self.world.revoke(feed)
        else:
            self.world.replace(who, feed)

    @rule(seconds=st.sampled_from([0.25, 1, 59, 3600, 86_400, 172_800, 1_209_600]))
    def time_passes(self, seconds: float) -> None:
        self.world.now += timedelta(seconds=seconds)

    @rule(steps=st.integers(1, 5), beside=st.sampled_from([-0.25, 0, 0, 0, 0.25]))
    def time_goes_from_moment_to_moment(self, steps: int, beside: float) -> None:
        """Nothing is written in between."""
        self.pass_moments(steps, beside)

    @invariant()
    def every_feed_shows_what_it_should(self) -> None:
        self.poller.check_everything()
        member = self._member(self.poller.turn)
        for feed in member.feeds:
            self.poller.check_media(member, feed)
