"""A running server with the sample show, for clients that were not written here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from episodes.shows import find_show
from feeds.grants import Cause, end_grant, give_grant, grants_of
from feeds.private_feeds import ensure_feed, feed_url, replace_feed
from podcast_server.accounts.members import ensure_member
from podcast_server.demo.sample import SLUG, fill_with_samples
from podcast_server.services import Services, now_utc
from tests.journeys.test_main_job import AUDIO
from tests.running import Installation, installation

CAUSE = Cause("test")
# The sample show: the first and the fourth are free, the fifth comes next week.
FREE = {path.read_bytes() for path in AUDIO.glob("s01e0[14]*.mp3")}
MEMBERS = {path.read_bytes() for path in AUDIO.glob("s01e0[23]*.mp3")}


@dataclass
class Listener:
    """One member of the sample show, whose membership the test moves."""

    services: Services
    email: str

    def join(self) -> str:
        """Give or renew the membership; the feed's address."""
        with self.services.sessions.begin() as session:
            member_id, show_id = self._ids(session)
            now = now_utc()
            give_grant(
                session,
                member_id=member_id,
                show_id=show_id,
                starts_at=now - timedelta(days=1),
                ends_at=None,
                source="test",
                cause=CAUSE,
                now=now,
            )
            return self._address(session, member_id, show_id)

    def lapse(self) -> None:
        """Let the membership end."""
        with self.services.sessions.begin() as session:
            for grant in grants_of(session, *self._ids(session)):
                now = now_utc()
                end_grant(session, grant, at=now - timedelta(seconds=5), cause=CAUSE, now=now)

    def reset(self) -> str:
        """Replace the feed; the new address."""
        with self.services.sessions.begin() as session:
            member_id, show_id = self._ids(session)
            key, now = self.services.tokens.newest, now_utc()
            old = ensure_feed(
                session, member_id=member_id, show_id=show_id, signing_key=key, now=now
            )
            replace_feed(
                session, old, signing_key=key, notice=timedelta(days=1), cause=CAUSE, now=now
            )
            return self._address(session, member_id, show_id)

    def _ids(self, session: Session) -> tuple[int, int]:
        member = ensure_member(session, self.email, now=now_utc())
        return member.id, find_show(session, SLUG).id

    def _address(self, session: Session, member_id: int, show_id: int) -> str:
        key = self.services.tokens.newest
        feed = ensure_feed(
            session, member_id=member_id, show_id=show_id, signing_key=key, now=now_utc()
        )
        return feed_url(self.services.tokens, self.services.settings.site.public_url, feed)


@dataclass
class Harbour:
    """The server and its listeners."""

    place: Installation
    services: Services
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def listener(self) -> Listener:
        """Somebody new."""
        return Listener(self.services, f"listener{next(self.numbers)}@example.org")


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    place = installation(tmp_path_factory.mktemp("harbour"))
    with place.services() as services:
        fill_with_samples(services, now_utc())
        with place.server("--no-jobs"):
            yield Harbour(place, services)


@pytest.fixture
def listener(harbour: Harbour) -> Listener:
    return harbour.listener()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that a client may call its home."""
    return tmp_path
