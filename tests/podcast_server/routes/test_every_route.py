"""Whoever sends whatever to whichever address: an answer, and never the server's own fault.

The whole server is asked, from its outermost door, over a world in which every address names
something. ROUTES_TURNS says how often each place is asked oddly (2), ROUTES_SEED with which dice.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from tests.podcast_server.routes.addresses import Place
from tests.podcast_server.routes.memory import growth
from tests.podcast_server.routes.stack import Ask, Stack, open_stack
from tests.podcast_server.routes.walk import Walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
TURNS = int(os.environ.get("ROUTES_TURNS", "2"))
SEED = os.environ.get("ROUTES_SEED", "1")

# What nobody can be given here: podcast apps' addresses are only for reading, whatever the
# method; the first-run page is gone for good once there is an owner; who signs out is led to the
# door, as who is refused is; and a passkey is made by a device.
READ_ONLY = ("/art/<path:name>", "/f/<token>", "/listen/<name>", "/m/<token>/<name>")
UNREACHABLE = {
    f"{method} {rule}"
    for method in ("DELETE", "PATCH", "POST", "PUT")
    for rule in (*READ_ONLY, "/shows/<slug>/feed.xml")
} | {
    *(f"{method} /studio/set-up" for method in ("GET", "HEAD", "POST")),
    *("POST /studio/sign-out", "POST /studio/sign-in/passkey"),
}
OBJECTS = 3.0  # kept of a request, on average; a leak keeps one at least of each of its kind
BYTES = 4096.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with open_stack(tmp_path_factory.mktemp("routes")) as stack:
        yield stack


@pytest.fixture(scope="module")
def walk(stack: Stack) -> Walk:
    """A walk through all of it, made once."""
    logging.disable(logging.CRITICAL)  # thousands of refusals
    try:
        walk = Walk(stack, SEED)
        walk.look_around()
        walk.ask_everywhere(TURNS)
        walk.ask_nowhere(TURNS * 100)
    finally:
        logging.disable(logging.NOTSET)
    return walk


def test_no_request_fails_whatever_is_sent(walk: Walk) -> None:
    assert walk.asked > 1000
    found = list({text.partition(" to ")[0]: text for text in walk.wrong}.values())
    assert not found, "\n".join(text.encode("utf-8", "replace").decode() for text in found)


def test_every_rule_is_reached_under_each_of_its_methods(walk: Walk) -> None:
    answers = {place: dict(walk.statuses[place]) for place in walk.unreached() ^ UNREACHABLE}
    assert answers == {}, "nobody reaches these, or somebody what nobody should"


def test_no_memory_is_kept_from_request_to_request(stack: Stack, walk: Walk) -> None:
    plain = [plain_of(walk, place) for place in walk.places if place.method in {"GET", "POST"}]

    def ask_all() -> int:
        for ask in plain:
            stack.send(ask)
            stack.rewind()
        return len(plain)

    kept = growth(ask_all)
    assert kept.objects < OBJECTS
    assert kept.bytes < BYTES


def plain_of(walk: Walk, place: Place) -> Ask:
    """The request of somebody who got behind the door."""
    return walk.best.get(str(place)) or walk.plain(place, "owner", 0)
