"""A server with something of everything, and empty ones to move to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import JSON, Engine, Table, func, insert, select
from sqlalchemy.orm import Session

from episodes.models import EpisodeVersion, Show, Tier
from episodes.sidecars import attach_transcript, store_transcript
from episodes.storage.memory import MemoryStorage
from episodes.storage.small import put_bytes
from feeds.announcements import set_announcement
from feeds.grants import fold_all_access
from feeds.tokens import SigningKey, Tokens, save_signing_keys
from podcast_server.app import create_app
from podcast_server.database import open_engine, session_factory
from podcast_server.moving.archive.kinds import LISTED
from podcast_server.services import Services, open_lane
from podcast_server.tables import metadata
from tests.builders import build_audio, build_episode, build_show
from tests.conftest import KEY, NOW, Notes, People

PICTURE = b"not really a picture"
OTHER_KEY = SigningKey("otherkey", "a5" * 32, "2026-02-02")


@dataclass(frozen=True)
class Server:
    """One installation, and how its pages are fetched."""

    services: Services
    client: FlaskClient

    def get(self, path: str) -> tuple[int, bytes]:
        answer = self.client.get(path)
        return answer.status_code, answer.data


@contextmanager
def serving(services: Services) -> Iterator[Server]:
    lane = open_lane(services, Notes())
    client = create_app(services, lane, lambda: NOW).test_client()
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "en"}
    yield Server(services, client)
    lane._lookup.close()


@pytest.fixture
def old(services: Services, session: Session, show: Show, people: People) -> Services:
    """A server in use: a show with all there can be, four people, money and downloads."""
    save_signing_keys(services.settings.keys_file, [KEY])
    fill_show(session, services, show)
    build_show(session, NOW, slug="second")
    fill_tables(session)
    fold_all_access(session)
    session.commit()
    return services


def fill_show(session: Session, services: Services, show: Show) -> None:
    storage = services.storage
    show.artwork_key = f"shows/{show.id}/artwork-{'0' * 32}.png"
    put_bytes(storage, show.artwork_key, PICTURE, content_type="image/png")
    tier = Tier(show_id=show.id, slug="gold", name="Gold")
    session.add_all([Tier(show_id=show.id, slug="iron", name="Iron"), tier])
    session.flush()
    for number in range(4):
        build_episode(
            session,
            storage,
            show,
            NOW,
            title=f"Kapitel {number} – ‘Ø’",
            at=NOW - dt.timedelta(days=number + 1),
            audience="free" if number == 0 else "members",
        )
    rich = build_episode(session, storage, show, NOW, title="Rich", notes="**Bold**", number=7)
    rich.audience, rich.tier_ids = "tiers", [tier.id]
    rich.chapters = [{"startTime": 0, "title": "Start"}]
    picture = f"shows/{show.id}/episodes/{rich.key}/picture-{'2' * 32}.jpg"
    put_bytes(storage, picture, PICTURE, content_type="image/jpeg")
    rich.persons = [{"name": "Ada", "role": "guest", "img": picture}]
    host = f"shows/{show.id}/picture-{'3' * 32}.jpg"
    put_bytes(storage, host, PICTURE, content_type="image/jpeg")
    show.persons = [{"name": "Marit", "role": "host", "img": host}]
    rich.preview_audio_id = build_audio(session, storage, show, b"pre" * 100).id
    rich.artwork_key = f"shows/{show.id}/episodes/{rich.key}/artwork-{'1' * 32}.jpg"
    put_bytes(storage, rich.artwork_key, PICTURE, content_type="image/jpeg")
    words = store_transcript(
        storage, show.id, rich.key, name="a.vtt", data=VTT.encode(), language="en"
    )
    attach_transcript(session, rich, words, NOW)
    session.add(EpisodeVersion(episode_id=rich.id, at=NOW, by="marit", fields={"title": "Poor"}))
    build_episode(session, storage, show, NOW, title="Draft", publish=False)
    clip = build_audio(session, storage, show, b"hello" * 50)
    for kind in ("welcome", "ended"):  # one file may be both
        set_announcement(session, show.id, kind, clip, NOW)
    session.flush()


VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nGood morning.\n"


def fill_tables(session: Session) -> None:
    """At least two rows in every table that an archive holds, pointing at rows there are."""
    tables = {kind.table_name for kind in LISTED}
    for table in metadata.sorted_tables:
        if table.name in tables:
            for number in range(2):
                session.execute(insert(table).values(_invented(session, table, number)))


def _invented(session: Session, table: Table, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            if target.table is table:
                continue
            ids = session.scalars(select(target).order_by(target)).all()
            values[column.name] = ids[-1 - number] if ids else None
        elif column.name == "id":
            values["id"] = (session.scalar(select(func.max(column))) or 0) + 1
        else:
            values[column.name] = _value(table, column, number)
    if table.name == "prices":
        values["collection_id"] = None
    if table.name == "grants":
        values |= {"scope": "show", "scope_id": 0, "notice": ""}
    if table.name == "private_feeds":
        values |= {"key": "abcdefghijklmno" + "pq"[number], "signing_key": KEY.id}
    return values


def _value(table: Table, column: Any, number: int) -> Any:
    if isinstance(column.type, JSON):
        return column.default.arg(None)
    kind = column.type.python_type
    if kind is str:
        return f"={number}ø{table.name}"[: column.type.length or 99]
    if kind is dt.datetime:
        return NOW - dt.timedelta(days=3, microseconds=number)
    if kind is dt.date:
        return NOW.date() - dt.timedelta(days=number + 5)
    if kind is bytes:  # files under way, which no archive holds
        return None
    return bool(number) if kind is bool else number + 1000


@pytest.fixture
def fresh(
    request: pytest.FixtureRequest, services: Services, tmp_path: Path
) -> Iterator[Callable[..., Services]]:
    """Makes empty servers, each with keys of its own."""
    engines: list[Engine] = []

    def make(name: str = "new") -> Services:
        if services.engine.dialect.name == "sqlite":
            home = tmp_path / name
            home.mkdir()
            (home / "new.sqlite3").write_bytes(request.getfixturevalue("migrated_database"))
            engine = open_engine(f"sqlite:///{home}/new.sqlite3")
        else:
            home = tmp_path / name
            home.mkdir()
            engine = open_engine(request.getfixturevalue("migrated_postgresql").create())
        engines.append(engine)
        settings = services.settings.model_copy(update={"home": home})
        save_signing_keys(settings.keys_file, [OTHER_KEY])
        return replace(
            services,
            settings=settings,
            engine=engine,
            sessions=session_factory(engine),
            storage=MemoryStorage(),
            tokens=Tokens([OTHER_KEY]),
        )

    yield make
    for engine in engines:
        engine.dispose()
