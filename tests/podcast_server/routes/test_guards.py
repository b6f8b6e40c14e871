"""The guards of the walk through all routes notice what they are there for."""

from __future__ import annotations

import time

import pytest

from tests.podcast_server.routes.memory import growth
from tests.podcast_server.routes.stack import Hung, Watched


def test_a_request_that_hangs_fails_by_its_name_and_place() -> None:
    watched = Watched()
    with pytest.raises(Hung, match=r"GET /slow(.|\n)*time\.sleep"):
        watched.call("GET /slow", lambda: time.sleep(2), seconds=0.1)
    watched.end()


def test_what_a_request_raises_is_raised_here() -> None:
    watched = Watched()
    with pytest.raises(ZeroDivisionError):
        watched.call("GET /", lambda: 1 // 0)
    watched.end()


@pytest.mark.thorough
def test_one_object_kept_of_each_request_is_noticed() -> None:
    kept: list[list[int]] = []

    def leak() -> int:
        kept.extend([number] for number in range(500))
        return 500

    assert growth(leak).objects > 0.9


@pytest.mark.thorough
def test_a_cache_that_is_full_is_no_growth() -> None:
    cache: dict[int, list[int]] = {}

    def fill() -> int:
        for number in range(500):
            cache.setdefault(number, []).clear()
        return 500

    assert growth(fill).objects < 0.1
