"""A show with many episodes and any number of members, put into a database in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from sqlalchemy import Table, insert, literal, select
from sqlalchemy.orm import Session

from benchmarks.sample_feed import prose
from episodes.models import Episode, Show
from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from feeds.private_feeds import feed_url, media_token
from podcast_server.accounts.models import Member
from podcast_server.billing.models import Plan
from podcast_server.moving.rows import continue_numbers
from podcast_server.services import Services, now_utc
from tests.builders import build_episode, build_show

SLUG = "sample"
_WORDS = 320  # about 2 kB of notes
_BATCH = 10_000
_FEED_KEY = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Addresses on the server, without its name: of some members, as many as were asked for."""

    feeds: list[str]
    audio: list[str]


def fill(
    services: Services, *, episodes: int, members: int, sound: bytes = b"sound" * 400
) -> Crowd:
    """A show with so many episodes and members, each with a private feed."""
    now, text = now_utc(), prose(Random(1))
    with services.sessions.begin() as session:
        show = build_show(session, now, slug=SLUG)
        for number in range(episodes):
            build_episode(
                session,
                services.storage,
                show,
                now,
                at=now - timedelta(days=400 - number),
                title=text(6),
                notes=text(_WORDS),
                data=sound,
            )
        show_id = show.id
    add_members(services, show_id, members, now)
    return addresses(services)


def write_down(services: Services) -> None:
    """Enter into the ledger what the members were given, as is done where it is not in bulk."""
    entries = select(
        Grant.starts_at, Grant.member_id, Grant.show_id, Grant.id, literal("given"),
        literal("benchmark"), literal(""),
    )  # fmt: skip
    names = ["at", "member_id", "show_id", "grant_id", "action", "actor", "reason"]
    with services.sessions.begin() as session:
        session.execute(insert(LedgerEntry).from_select(names, entries))


def the_plan(services: Services) -> str:
    """The key of the only plan."""
    with services.sessions() as session:
        return session.scalars(select(Plan.key)).one()


def add_big_episode(services: Services, size: int) -> None:
    """A newest episode whose audio has so many bytes."""
    now = now_utc()
    with services.sessions.begin() as session:
        build_episode(session, services.storage, the_show(session), now, at=now, data=bytes(size))


def add_members(services: Services, show_id: int, count: int, now: datetime) -> None:
    """Members of the whole show, each with a grant, an access row and a feed."""
    random, key = Random(2), services.tokens.newest
    before = now - timedelta(days=30)
    windows = f'[["show",0,{int(before.timestamp())},null,""]]'

    def rows(number: int) -> tuple[dict[str, Any], ...]:
        member = {"id": number, "email": f"member{number}@example.org", "created_at": before}
        ids = {"member_id": number, "show_id": show_id}
        access = ids | {"windows": windows}
        grant = ids | {"scope": "show", "starts_at": before, "source": "sample"}
        feed = ids | {
            "id": number,
            "key": "".join(random.choices(_FEED_KEY, k=16)),
            "name": "phone",
            "signing_key": key,
            "state": "open",
            "created_at": before,
        }
        return member, access, grant, feed

    for numbers in _batches(range(1, count + 1)):
        columns = zip(*map(rows, numbers), strict=True)
        # Commits in between, so that no database has a log as no real one ever has it.
        with services.sessions.begin() as session:
            for table, values in zip((Member, Access, Grant, PrivateFeed), columns, strict=True):
                session.execute(insert(table), list(values))
    for named in (Member, PrivateFeed):  # those who join later get numbers of their own
        continue_numbers(services.engine, cast("Table", named.__table__))


def addresses(services: Services, most: int = 10_000) -> Crowd:
    """Where the first members' feeds and their newest episode are."""
    with services.sessions() as session:
        feeds = session.scalars(select(PrivateFeed).order_by(PrivateFeed.id).limit(most)).all()
        newest = session.scalars(select(Episode).order_by(Episode.publish_at.desc())).first()
        assert newest is not None
        return Crowd(
            [feed_url(services.tokens, "", feed) for feed in feeds],
            [f"/m/{media_token(services.tokens, feed)}/{newest.key}.mp3" for feed in feeds],
        )


def the_show(session: Session) -> Show:
    """The show that was filled."""
    return session.scalars(select(Show).where(Show.slug == SLUG)).one()


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch
