"""Fills an empty installation with a sample show, episodes and two members. Safe to repeat."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.artwork import prepare_artwork
from episodes.audio.probe import probe
from episodes.episodes import create_episode
from episodes.ingest import attach_audio, fields_from_audio, store_audio
from episodes.models import Episode, Show
from episodes.publishing import publish_episode
from episodes.shows import create_show
from episodes.sidecars import attach_transcript, store_transcript
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from feeds.grants import Cause, give_grant
from feeds.private_feeds import ensure_feed, feed_url
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Plan
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan
from podcast_server.database import reading
from podcast_server.services import Services

SLUG = "harbour"
FOLDER = Path(__file__).parent / "audio"
PAYING, LAPSED, OWNER = "ada@example.org", "ben@example.org", "owner@example.org"
CAUSE = Cause("demo", "sample data")


@dataclass(frozen=True, slots=True)
class _Sample:
    """One sample episode: released so many days from now (negative: ago)."""

    number: int
    audience: str
    days: int


_SAMPLES = (
    _Sample(1, "free", -21),
    _Sample(2, "members", -14),
    _Sample(3, "members", -7),
    _Sample(4, "free", -2),
    _Sample(5, "members", 7),
)


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """What the demo shows a newcomer."""

    show_page: str
    public_feed: str
    member_feed: str
    lapsed_feed: str


def fill_with_samples(services: Services, now: datetime) -> DemoLinks:
    """Make whatever of the sample show is missing, and give its addresses."""
    with services.sessions.begin() as session:
        show = session.scalars(select(Show).where(Show.slug == SLUG)).first()
        show_id = show.id if show else _make_show(services, session, now)
    for sample in _SAMPLES:
        _make_episode(services, show_id, sample, now)
    with services.sessions.begin() as session:
        member = _make_member(services, session, show_id, PAYING, "Ada", None, now)
        _make_plan(session, session.get_one(Show, show_id), now)
        ensure_staff(session, OWNER, now=now, name="Owner", owner=True)
        lapsed = _make_member(
            services, session, show_id, LAPSED, "Ben", now - timedelta(days=1), now
        )
    addresses = services.addresses
    return DemoLinks(addresses.show(SLUG), addresses.public_feed(SLUG), member, lapsed)


def _make_plan(session: Session, show: Show, now: datetime) -> None:
    if session.scalars(select(Plan).where(Plan.slug == "supporter")).first() is not None:
        return
    create_plan(
        session,
        name="Supporter",
        opens=[(show, None)],
        prices=[
            PriceTerms(Money(500, "eur"), Interval("month")),
            PriceTerms(Money(5000, "eur"), Interval("year")),
        ],
        now=now,
        fields={
            "description": "You keep the harbour talking.",
            "benefits": ["Every episode, the members’ ones too", "A week before everybody else"],
            "recommended": True,
        },
    )


def _words() -> dict[str, Any]:
    """What the sample show says of itself."""
    return tomllib.loads((FOLDER / "show.toml").read_text(encoding="utf-8"))


def _make_show(services: Services, session: Session, now: datetime) -> int:
    words = _words()
    cover = prepare_artwork((FOLDER / words["cover"]).read_bytes())
    show = create_show(
        session,
        title=words["title"],
        slug=SLUG,
        public_url=services.settings.site.public_url,
        now=now - timedelta(days=30),
        fields={
            "description": words["description"],
            "author": words["author"],
            "language": words["language"],
            "categories": words["categories"],
            "copyright": words["copyright"],
            "persons": [{"name": words["author"], "role": "host", "group": "cast"}],
        },
    )
    show.artwork_key = artwork_key(show.id, cover.sha256, cover.extension)
    put_bytes(services.storage, show.artwork_key, cover.data, content_type=cover.mime)
    return show.id


def _make_episode(services: Services, show_id: int, sample: _Sample, now: datetime) -> None:
    words = _words()["episode"][sample.number - 1]
    path = FOLDER / words["file"]
    guid = f"harbour-sample-{sample.number}"
    with reading(services.engine) as session:
        if session.scalar(select(Episode.id).where(Episode.guid == guid)):
            return
    facts = probe(path)
    key = f"harbour{'abcdefgh'[sample.number]}22"
    stored = store_audio(services.storage, show_id, key, path, facts=facts)
    # The words of the show come last: what a podcaster says wins over the file's tags.
    fields: dict[str, Any] = fields_from_audio(facts, path)
    fields |= {name: words[name] for name in ("notes", "season", "number")}
    fields |= {"title": words["title"], "audience": sample.audience}
    title = fields.pop("title")
    with services.sessions.begin() as session:
        show = session.get_one(Show, show_id)
        episode = create_episode(
            session, show, title=title, fields=fields, now=now, guid=guid, key=key
        )
        attach_audio(session, episode, stored, now)
        _attach_transcript(services, session, episode, path.with_suffix(".vtt"), now)
        publish_episode(session, episode, at=now + timedelta(days=sample.days), now=now)


def _attach_transcript(
    services: Services, session: Session, episode: Episode, path: Path, now: datetime
) -> None:
    if path.exists():
        stored = store_transcript(
            services.storage,
            episode.show_id,
            episode.key,
            name=path.name,
            data=path.read_bytes(),
            language="en",
        )
        attach_transcript(session, episode, stored, now)


def _make_member(
    services: Services,
    session: Session,
    show_id: int,
    email: str,
    name: str,
    ends_at: datetime | None,
    now: datetime,
) -> str:
    member = ensure_member(session, email, name=name, now=now)
    # Fixed, so that a second run brings the same terms and changes nothing.
    started = member.created_at - timedelta(days=60)
    give_grant(
        session,
        member_id=member.id,
        show_id=show_id,
        starts_at=started,
        ends_at=None if ends_at is None else member.created_at - timedelta(days=1),
        source="demo",
        cause=CAUSE,
        now=now,
    )
    feed = ensure_feed(
        session,
        member_id=member.id,
        show_id=show_id,
        signing_key=services.tokens.newest,
        now=now,
    )
    return feed_url(services.tokens, services.settings.site.public_url, feed)
