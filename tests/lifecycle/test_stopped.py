"""A server that is asked to stop finishes what it has in hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from feeds.models import PrivateFeed
from podcast_server.database import open_engine, session_factory
from tests.installed import Filled
from tests.running import PATIENCE, fetch, wait_until_gone

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Stopped:
    """What a server left behind that was stopped right after a poll and a download."""

    exit_code: int
    log: str
    hits: list[str]
    polled_by: list[str]


@pytest.fixture(scope="module")
def stopped(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    place = filled.copy(tmp_path_factory.mktemp("stopped"))
    with place.server() as process:
        fetch(place.url + filled.feed, User_Agent="Overcast/1.0 Podcast Sync")
        fetch(place.url + filled.audio[0], User_Agent="last/1")
        process.terminate()
        exit_code = process.wait(PATIENCE)
        wait_until_gone(process.pid)
    engine = open_engine(f"sqlite:///{place.folder}/data/podcast.sqlite3")
    take_in_parcels(session_factory(engine))  # the worker may have ended first
    with Session(engine) as session:
        hits = list(session.scalars(select(RawHit.user_agent)))
        polled_by = list(session.scalars(select(PrivateFeed.last_app)))
    engine.dispose()
    return Stopped(exit_code, place.log.read_text(), hits, polled_by)


def test_a_download_made_right_before_the_stop_is_in_the_database(stopped: Stopped) -> None:
    assert stopped.hits == ["last/1"]


def test_so_is_a_poll(stopped: Stopped) -> None:
    assert stopped.polled_by == ["Overcast"]


def test_it_ends_without_complaint(stopped: Stopped) -> None:
    assert stopped.exit_code == 0
    assert "Traceback" not in stopped.log
    assert "rror" not in stopped.log
