"""Bounds hold over all processes, cost the usual request nothing, and never close the door."""

from __future__ import annotations

from collections import Counter

import pytest

from feeds.delivery.facts import Request
from feeds.delivery.lane import Lane
from feeds.delivery.throttle import KEYS_KEPT, Throttle, counted_as
from tests.conftest import Clock, Get, People, header


class Common:
    """What several processes share."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self.asked = 0

    def __call__(self, key: str, minute: int, more: int) -> int:
        self.asked += 1
        self.counts[key, minute] += more
        return self.counts[key, minute]


def test_the_bound_counts_by_the_minute() -> None:
    throttle = Throttle("t", 3)
    assert [throttle.exceeded("a", 60.0 + i) for i in range(5)] == [0, 0, 0, 57, 56]
    assert throttle.exceeded("b", 65.0) == 0
    assert throttle.exceeded("a", 120.0) == 0


def test_processes_hold_one_bound_together() -> None:
    common = Common()
    workers = [Throttle("t", 40, common) for _ in range(4)]
    passed = sum(workers[i % 4].exceeded("a", 5.0) == 0 for i in range(400))
    assert 40 <= passed <= 40 + 4 * 10


def test_an_attack_asks_the_common_counter_only_a_few_times() -> None:
    common = Common()
    throttle = Throttle("t", 40, common)
    for _ in range(10_000):
        throttle.exceeded("a", 5.0)
    assert common.asked <= 6


def test_without_the_common_counter_each_process_holds_the_bound() -> None:
    def away(_key: str, _minute: int, _more: int) -> int:
        raise OSError("the database is away")

    throttle = Throttle("t", 4, away)
    assert [bool(throttle.exceeded("a", 5.0)) for _ in range(6)] == [False] * 4 + [True] * 2


@pytest.mark.thorough
def test_memory_does_not_grow_with_addresses() -> None:
    throttle = Throttle("t", 4)
    for number in range(KEYS_KEPT + 1000):
        throttle.exceeded(str(number), 5.0)
    assert len(throttle._counts) == KEYS_KEPT


def test_a_valid_token_is_never_caught_by_what_its_address_did(get: Get, people: People) -> None:
    guesses = [get(people.stranger).status for _ in range(9)]
    assert guesses == [404] * 5 + [429] * 4
    assert get(people.paying.feed).status == 200


def test_one_feed_asked_too_often_waits_and_others_do_not(
    get: Get, people: People, clock: Clock
) -> None:
    answers = [get(people.paying.feed, if_none_match="x") for _ in range(602)]
    assert [answer.status for answer in answers[598:]] == [200, 200, 429, 429]
    assert 0 < int(header(answers[-1], "Retry-After")) <= 60
    assert get(people.free.feed).status == 200
    clock.advance(minutes=1)
    assert get(people.paying.feed).status == 200


@pytest.mark.parametrize("bad", ["", "::1", "unknown"])
def test_any_text_is_a_key(bad: str) -> None:
    assert Throttle("t", 1).exceeded(bad, 0.0) == 0


def test_all_addresses_of_one_ipv6_network_guess_together(lane: Lane, people: People) -> None:
    def guess(address: str) -> int:
        answer = lane.answer(Request("GET", people.stranger, address))
        assert answer is not None
        return answer.status

    said = [guess(f"2001:db8:1:2::{number:x}") for number in range(1, 21)]
    assert said == [404] * 5 + [429] * 15
    assert guess("2001:db8:1:3::1") == 404


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("", "unix:", False),
    ],
)
def test_what_is_counted_as_one_address(one: str, other: str, together: bool) -> None:
    assert (counted_as(one) == counted_as(other)) is together
