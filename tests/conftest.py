"""Fixtures for everybody: a database, a storage, a clock that stands still, the four people."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from episodes.storage.memory import MemoryStorage
from feeds.delivery.facts import Answer
from feeds.delivery.lane import Lane, Limits
from feeds.delivery.lookup import Lookup
from feeds.downloads.agents import built_in_agents
from feeds.downloads.record import Entry
from feeds.editions import Editions
from feeds.models import PrivateFeed
from feeds.personalise import Canvas
from feeds.rendering.assemble import Addresses, Assembler
from feeds.tokens import FEED, MEDIA, SigningKey, Tokens
from podcast_server.billing.providers.choose import open_providers
from podcast_server.database import migrate, open_engine, session_factory
from podcast_server.services import Services, build_edition, open_till, provider_settings
from podcast_server.settings import Settings, SiteSettings
from tests import migrated, postgresql
from tests.builders import build_feed, build_member, build_show, give_membership, remembering
from tests.feeds.delivery.again import ask as ask_first
from tests.quick import quick_apps, quick_connections, quick_statements

# Hundreds of servers and commands are started: where Python is told to keep no compiled files, as
# in many containers, each of them would compile the whole program anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine makes an example slow that is not: no test is judged by the clock.
hypothesis.settings.register_profile(
    "ours", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("ours")

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEY = SigningKey("testkey", "5a" * 32, "2026-01-01")
PUBLIC_URL = "http://podcast.test"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--many-hosts",
        action="store_true",
        help="make all journeys on two web hosts and two workers, while one of each is away",
    )


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Thousands of apps, databases and clients are made, and all are asked alike."""
    with quick_apps(), quick_statements(), quick_connections():
        yield


@pytest.fixture(scope="session")
def migrated_database() -> bytes:
    """The bytes of an empty migrated SQLite database, made once."""
    return migrated.migrated_database()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server for the whole session, by the address of its first database."""
    if postgresql.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql.running() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str) -> postgresql.Databases:
    """Makes databases there, each a copy of an empty migrated one."""
    databases = postgresql.Databases(postgresql_url)
    engine = open_engine(databases.create())
    migrate(engine)
    engine.dispose()
    databases.copy_from_newest()
    return databases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked ``both_databases`` on PostgreSQL too."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "engine" in metafunc.fixturenames:
        on_postgresql = pytest.param("postgresql", marks=pytest.mark.slow)
        metafunc.parametrize("engine", ["sqlite", on_postgresql], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A fresh migrated database for one test: SQLite, or what the test's marker says."""
    if getattr(request, "param", "sqlite") == "postgresql":
        engine = open_engine(request.getfixturevalue("migrated_postgresql").create())
    else:
        path = tmp_path / "test.sqlite3"
        path.write_bytes(request.getfixturevalue("migrated_database"))
        engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def storage() -> Storage:
    """A storage that forgets everything after the test."""
    return MemoryStorage()


@pytest.fixture
def now() -> datetime:
    """The moment at which tests begin."""
    return NOW


@dataclass
class Clock:
    """A clock that moves only when told to."""

    now: datetime = NOW

    def __call__(self) -> float:
        return self.now.timestamp()

    def advance(self, **span: float) -> None:
        """Move on, in timedelta's words."""
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens([KEY])


@dataclass
class Notes:
    """A recorder that keeps everything in a list."""

    seen: list[Entry] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        self.seen.append(entry)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def lane(
    engine: Engine, storage: Storage, tokens: Tokens, clock: Clock, notes: Notes
) -> Iterator[Lane]:
    """The delivery lane over the test's database, storage and clock."""
    addresses = Addresses(PUBLIC_URL)
    lookup = Lookup(engine, remembering(engine))
    yield Lane(
        tokens=tokens,
        lookup=lookup,
        editions=Editions(
            Assembler(engine, addresses), build_edition, max_bytes=64_000_000, folder=None
        ),
        storage=storage,
        recorder=notes,
        clock=clock,
        limits=Limits(guesses_per_minute=5, streams=3),
        artwork=addresses.artwork,
    )
    lookup.close()


Get = Callable[..., Answer]


@pytest.fixture
def get(lane: Lane) -> Get:
    """Ask as the web server does; header names as keyword arguments."""

    def ask(path: str, method: str = "GET", **headers: str) -> Answer:
        answer = ask_first(lane, path, method, **headers)
        assert answer is not None, f"{path} is not delivery's"
        return answer

    return ask


def body_of(answer: Answer) -> bytes:
    """The whole body, streamed or not."""
    body = answer.body
    if isinstance(body, bytes):
        return body
    assert not isinstance(body, Canvas)
    return b"".join(body.chunks())


def header(answer: Answer, name: str) -> str:
    """One header, empty when absent."""
    return dict(answer.headers).get(name, "")


@dataclass(frozen=True)
class Person:
    """Somebody with (or without) rights, and the addresses of their feed."""

    member_id: int
    feed_id: int
    feed: str
    media: str


@dataclass(frozen=True)
class People:
    """The four that every access test asks, and their show."""

    show_id: int
    paying: Person
    lapsed: Person
    free: Person
    stranger: str  # a well-formed feed address that was never given out


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed at the end of each ``with``-less use by ``commit``."""
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def show(session: Session, now: datetime) -> Show:
    made = build_show(session, now)
    session.commit()
    return made


@pytest.fixture
def people(session: Session, show: Show, now: datetime, tokens: Tokens) -> People:
    """A paying member, a lapsed one, one with only a free feed, and a stranger."""

    def person(email: str) -> tuple[int, PrivateFeed]:
        member = build_member(session, now, email)
        if email.startswith("paying"):
            give_membership(session, member, show, now)
        if email.startswith("lapsed"):
            give_membership(session, member, show, now, ends_at=now - timedelta(days=1))
        return member.id, build_feed(session, member, show, now)

    def addresses(member_id: int, feed: PrivateFeed) -> Person:
        return Person(
            member_id,
            feed.id,
            "/f/" + tokens.mint(FEED, feed.key, feed.signing_key),
            "/m/" + tokens.mint(MEDIA, feed.key, feed.signing_key),
        )

    made = {name: person(f"{name}@example.org") for name in ("paying", "lapsed", "free")}
    session.commit()
    return People(
        show.id,
        addresses(*made["paying"]),
        addresses(*made["lapsed"]),
        addresses(*made["free"]),
        "/f/" + tokens.mint(FEED, "a" * 16, KEY.id),
    )


@pytest.fixture
def services(
    engine: Engine, storage: Storage, tokens: Tokens, clock: Clock, tmp_path: Path
) -> Services:
    """Everything the edges work with, over the test's database and storage."""
    settings = Settings(home=tmp_path, site=SiteSettings(public_url=PUBLIC_URL))
    sessions = session_factory(engine)
    providers = open_providers(provider_settings(settings), sessions, lambda: clock.now)
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        storage=storage,
        tokens=tokens,
        addresses=Addresses(PUBLIC_URL),
        classify=built_in_agents(),
        providers=providers,
        till=open_till(settings, engine, sessions, tokens, providers),
    )
