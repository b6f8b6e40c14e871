"""Editions: one rendering for all who see the same, built once, shared, bounded, exact."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.episodes import update_episode
from episodes.models import Show
from episodes.storage.base import Storage
from feeds.access import Entitlement
from feeds.editions import Editions
from feeds.personalise import PreparedDocument
from feeds.rendering.assemble import Addresses, Assembler
from feeds.rendering.document import FeedDocument
from podcast_server.services import build_edition
from tests.builders import build_episode, build_show

pytestmark = pytest.mark.both_databases

MEMBER = Entitlement((("show", 0),))
GOLD = Entitlement((("tier", 1),))
NOBODY = Entitlement(())


class SlowBuild:
    """Builds like the real thing, counting, and slowly enough for others to arrive."""

    def __init__(self, pause: float = 0.0) -> None:
        self.count = 0
        self.pause = pause

    def __call__(self, document: FeedDocument) -> PreparedDocument:
        self.count += 1
        time.sleep(self.pause)
        return build_edition(document)


MakeEditions = Callable[..., Editions]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> MakeEditions:
    def make(
        build: Callable[[FeedDocument], PreparedDocument],
        max_bytes: int = 10**8,
        folder: Path | None = tmp_path / "editions",
    ) -> Editions:
        assembler = Assembler(engine, Addresses("http://podcast.test"))
        return Editions(assembler, build, max_bytes=max_bytes, folder=folder)

    return make


@pytest.fixture
def episode_count() -> int:
    return 3


@pytest.fixture(autouse=True)
def filled(
    session: Session, storage: Storage, show: Show, now: datetime, episode_count: int
) -> None:
    for _ in range(episode_count):
        build_episode(session, storage, show, now)
    session.commit()


def test_many_who_ask_at_once_cause_one_build(
    make: MakeEditions, show: Show, now: datetime
) -> None:
    build = SlowBuild(0.05)
    editions = make(build)
    found: list[str] = []

    def ask() -> None:
        found.append(editions.find(show.id, show.revision, MEMBER, now.timestamp())[1])

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert build.count == 1
    assert len(set(found)) == 1
    assert len(found) == 12


def test_another_worker_takes_the_edition_from_the_shared_folder(
    make: MakeEditions, show: Show, now: datetime
) -> None:
    first, second = SlowBuild(), SlowBuild()
    one, tag, *_ = make(first).find(show.id, show.revision, MEMBER, now.timestamp())
    other, same, *_ = make(second).find(show.id, show.revision, MEMBER, now.timestamp())
    assert (first.count, second.count) == (1, 0)
    assert tag == same
    token = b"a" * 50
    assert one.gzip(token, token, token) == other.gzip(token, token, token)


def test_a_damaged_shared_edition_is_built_again(
    make: MakeEditions, show: Show, now: datetime, tmp_path: Path
) -> None:
    make(SlowBuild()).find(show.id, show.revision, MEMBER, now.timestamp())
    [path] = (tmp_path / "editions").glob("*.edition")
    path.write_bytes(path.read_bytes()[:-20])
    build = SlowBuild()
    make(build).find(show.id, show.revision, MEMBER, now.timestamp())
    assert build.count == 1


def test_a_folder_that_cannot_be_written_keeps_nobody_from_their_feed(
    make: MakeEditions, show: Show, now: datetime, tmp_path: Path
) -> None:
    from feeds import editions as module

    def full(_edition: PreparedDocument) -> bytes:
        raise OSError("no space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "dump", full)
        _, tag, *_ = make(SlowBuild()).find(show.id, show.revision, MEMBER, now.timestamp())
    assert tag


def test_entitlements_that_see_the_same_share_one_edition(
    make: MakeEditions, show: Show, now: datetime
) -> None:
    build = SlowBuild()
    editions = make(build)
    tags = {
        editions.find(show.id, show.revision, who, now.timestamp())[1] for who in (MEMBER, GOLD)
    }
    assert len(tags) == 1
    assert build.count == 1
    assert editions.find(show.id, show.revision, NOBODY, now.timestamp())[1] not in tags


def test_a_change_nobody_can_see_leaves_the_edition_alone(
    make: MakeEditions, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    draft = build_episode(session, storage, show, now, publish=False)
    session.commit()
    build = SlowBuild()
    editions = make(build)
    before = editions.find(show.id, show.revision, MEMBER, now.timestamp())[1]
    update_episode(session, draft, {"title": "Still a draft"}, now)
    session.commit()
    assert editions.find(show.id, show.revision, MEMBER, now.timestamp())[1] == before
    assert build.count == 1


def test_a_change_that_shows_makes_a_new_edition_at_once(
    make: MakeEditions, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    editions = make(SlowBuild())
    before = editions.find(show.id, show.revision, MEMBER, now.timestamp())[1]
    build_episode(session, storage, show, now)
    session.commit()
    assert editions.find(show.id, show.revision, MEMBER, now.timestamp())[1] != before


def test_a_time_that_arrives_makes_a_new_edition_without_any_write(
    make: MakeEditions, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    build_episode(session, storage, show, now, at=now + timedelta(hours=1))
    session.commit()
    editions = make(SlowBuild())
    at = now.timestamp() + 3600
    before = editions.find(show.id, show.revision, MEMBER, at - 0.001)[1]
    assert editions.find(show.id, show.revision, MEMBER, at)[1] != before


def test_what_is_held_and_shared_stays_within_its_bounds(
    make: MakeEditions,
    session: Session,
    storage: Storage,
    show: Show,
    now: datetime,
    tmp_path: Path,
) -> None:
    one = build_edition(
        Assembler(session.get_bind(), Addresses("http://x"))(  # type: ignore[arg-type]
            show.id, MEMBER, now.timestamp()
        ).document
    )
    editions = make(SlowBuild(), max_bytes=one.weight * 4)
    shows = [build_show(session, now) for _ in range(12)]
    for each in shows:
        for _ in range(3):
            build_episode(session, storage, each, now)
    session.commit()
    for each in shows:
        editions.find(each.id, each.revision, MEMBER, now.timestamp())
    assert editions._held <= one.weight * 5
    assert (
        sum(p.stat().st_size for p in (tmp_path / "editions").glob("*.edition")) <= one.weight * 5
    )


def test_what_earlier_revisions_showed_is_let_go(
    make: MakeEditions, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    editions = make(SlowBuild())
    for _ in range(6):
        build_episode(session, storage, show, now)
        session.commit()
        for seen_by in (MEMBER, NOBODY):
            newest = editions.find(show.id, show.revision, seen_by, now.timestamp()).edition
    assert len(editions._by_content) <= 4  # of this revision, and of the one before
    assert editions._held == sum(each.weight for each in editions._by_content.values())
    assert any(newest is each for each in editions._by_content.values())


def test_what_later_revisions_show_as_well_is_kept(
    make: MakeEditions, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    build = SlowBuild()
    editions = make(build, folder=None)
    before = editions.find(show.id, show.revision, NOBODY, now.timestamp())
    for _ in range(4):  # for members only: whoever is none sees what they saw
        build_episode(session, storage, show, now)
        session.commit()
        editions.find(show.id, show.revision, MEMBER, now.timestamp())
        seen = editions.find(show.id, show.revision, NOBODY, now.timestamp())
        assert seen.revision > before.revision
        assert seen.edition is before.edition
    assert build.count == 5


def test_a_show_that_does_not_exist_is_a_lookup_error(make: MakeEditions, now: datetime) -> None:
    with pytest.raises(LookupError):
        make(SlowBuild()).find(999, 1, MEMBER, now.timestamp())
