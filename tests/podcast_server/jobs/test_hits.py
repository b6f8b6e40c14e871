"""The loop that takes hits in."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from feeds.downloads.models import HitParcel, RawHit
from feeds.downloads.parcels import PARCELS_AT_ONCE
from feeds.downloads.write import entry_writer
from podcast_server.jobs import hits
from podcast_server.services import Services
from tests.feeds.downloads.hits import media_hit
from tests.running import eventually


def how_many(services: Services, table: type[RawHit | HitParcel]) -> int:
    with services.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def post(services: Services, parcels: int) -> None:
    write = entry_writer(services.sessions, b"a secret")
    for _ in range(parcels):
        write([media_hit()])


@pytest.mark.thorough
def test_hits_are_taken_in_until_none_waits(services: Services) -> None:
    loop = hits.hits_loop(services)
    loop.start()
    post(services, 5)
    eventually(lambda: how_many(services, RawHit) == 5)
    loop.end()
    assert how_many(services, HitParcel) == 0


@pytest.mark.thorough
def test_a_loop_that_is_told_to_end_while_it_rests_leaves_the_others_for_the_next(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "REST", 1_000_000.0)
    post(services, PARCELS_AT_ONCE + 3)
    loop = hits.hits_loop(services)
    loop.start()
    eventually(lambda: how_many(services, RawHit) == PARCELS_AT_ONCE)
    loop.end()
    assert how_many(services, HitParcel) == 3
