"""The same changes made twice: to the product, through its own functions, and to the oracle."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes import models
from episodes.episodes import create_episode, update_episode
from episodes.publishing import publish_episode, unpublish_episode
from episodes.shows import ensure_tier, find_show, update_show
from episodes.storage.memory import MemoryStorage
from feeds.announcements import KINDS, remove_announcement, set_announcement
from feeds.delivery.lane import Lane, Limits
from feeds.delivery.lookup import Lookup
from feeds.downloads.record import Entry
from feeds.editions import Editions
from feeds.grants import end_grant, give_grant, grants_of
from feeds.models import Announcement, PrivateFeed
from feeds.private_feeds import open_feed, replace_feed, revoke_feed
from feeds.rendering.assemble import Addresses, Assembler
from feeds.tokens import FEED, MEDIA, SigningKey, Tokens
from podcast_server.services import build_edition
from tests.builders import CAUSE, build_audio, build_member, build_show, remembering
from tests.feeds.model import oracle

START = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
KEY = SigningKey("modelkey", "7e" * 32, "2026-01-01")
REPLACED_FOR = timedelta(days=2)
TIERS = ("bronze", "silver")


class Forgetful:
    """A recorder that keeps nothing."""

    def put(self, entry: Entry) -> None:
        """Not of interest here."""


class World:
    """A show with members; every method changes the product and the oracle alike."""

    def __init__(self, engine: Engine, *, members: int, workers: int = 2) -> None:
        self.engine = engine
        self.now = START
        self.storage = MemoryStorage()
        self.tokens = Tokens([KEY])
        # Two lanes, like two processes: what one has cached the other must not miss.
        self._lookups = [Lookup(engine, remembering(engine)) for _ in range(workers)]
        self.lanes = [self._lane(lookup) for lookup in self._lookups]
        self._numbers = itertools.count(1)
        with Session(engine) as session:
            made = build_show(session, START)
            self.show_id, self.private_guid = made.id, made.private_podcast_guid
            self.show = oracle.Show(made.slug)
            self.tiers = [ensure_tier(session, made, name).id for name in TIERS]
            self.members = [oracle.Member(build_member(session, START).id) for _ in range(members)]
            for member in self.members:
                self._open(session, member)
            session.commit()

    def close(self) -> None:
        """Give connections back."""
        for lookup in self._lookups:
            lookup.close()
        self.engine.dispose()

    def _lane(self, lookup: Lookup) -> Lane:
        assemble = Assembler(self.engine, Addresses("http://podcast.test"))
        return Lane(
            tokens=self.tokens,
            lookup=lookup,
            editions=Editions(assemble, build_edition, max_bytes=64_000_000, folder=None),
            storage=self.storage,
            recorder=Forgetful(),
            clock=lambda: self.now.timestamp(),
            limits=Limits(guesses_per_minute=1000, streams=8, feed_per_minute=10**9),
        )

    # episodes

    def add_episode(
        self, audience: str, season: int | None, tiers: frozenset[int], public_at: datetime | None
    ) -> oracle.Episode:
        number = next(self._numbers)
        with Session(self.engine) as session:
            show = session.get_one(models.Show, self.show_id)
            made = create_episode(
                session,
                show,
                title=f"Title {number}",
                now=self.now,
                fields={
                    "audience": audience,
                    "season": season,
                    "tier_ids": sorted(tiers),
                    "public_at": public_at,
                },
            )
            made.audio_id = build_audio(session, self.storage, show, b"s" * number).id
            session.commit()
            episode = oracle.Episode(
                made.id, made.key, made.guid, made.title, audience, season, tiers, number
            )
        episode.public_at = public_at
        self.show.episodes.append(episode)
        return episode

    def publish(self, episode: oracle.Episode, at: datetime) -> None:
        episode.state, episode.publish_at = "ready", at
        with Session(self.engine) as session:
            found = session.get_one(models.Episode, episode.id)
            publish_episode(session, found, at=at, now=self.now)
            session.commit()

    def unpublish(self, episode: oracle.Episode, state: Any) -> None:
        episode.state = state
        with Session(self.engine) as session:
            found = session.get_one(models.Episode, episode.id)
            unpublish_episode(session, found, state=state, now=self.now)
            session.commit()

    def edit(self, episode: oracle.Episode, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(episode, "tiers" if name == "tier_ids" else name, value)
        stored = fields | ({"tier_ids": sorted(fields["tier_ids"])} if "tier_ids" in fields else {})
        with Session(self.engine) as session:
            found = session.get_one(models.Episode, episode.id)
            update_episode(session, found, stored, self.now)
            session.commit()

    def retitle(self, episode: oracle.Episode) -> None:
        self.edit(episode, title=f"Title {next(self._numbers)}")

    def edit_show(self, **fields: Any) -> None:
        with Session(self.engine) as session:
            update_show(session, find_show(session, self.show.slug), fields, self.now)
            session.commit()
        show = self.show
        show.archive_days = fields.get("archive_after_days", show.archive_days)
        show.archive_count = fields.get("archive_after_count", show.archive_count)
        show.public_feed = fields.get("public_feed", show.public_feed)

    def announce(self, kind: str) -> None:
        """The podcaster records a clip, or records it anew."""
        size = next(self._numbers)
        with Session(self.engine) as session:
            show = session.get_one(models.Show, self.show_id)
            audio = build_audio(session, self.storage, show, b"c" * size)
            set_announcement(session, self.show_id, kind, audio, self.now)
            session.commit()
            made = session.query(Announcement).filter_by(notice=KINDS[kind]).one()
            self.show.clips[made.notice] = oracle.Clip(made.key, size)

    def fall_silent(self, kind: str) -> None:
        """The podcaster removes a clip."""
        self.show.clips.pop(KINDS[kind], None)
        with Session(self.engine) as session:
            remove_announcement(session, self.show_id, kind, self.now)
            session.commit()

    # members

    def give(
        self,
        member: oracle.Member,
        scope: tuple[str, int],
        starts: datetime,
        ends: datetime | None,
        source: str,
        notice: str,
    ) -> None:
        member.grants[(*scope, source)] = oracle.Grant(*scope, starts, ends, notice)
        with Session(self.engine) as session:
            give_grant(
                session,
                member_id=member.id,
                show_id=self.show_id,
                scope=scope[0],
                scope_id=scope[1],
                starts_at=starts,
                ends_at=ends,
                source=source,
                cause=CAUSE,
                now=self.now,
                notice=notice,
            )
            session.commit()

    def end(self, member: oracle.Member, at: datetime) -> None:
        for grant in member.grants.values():
            if grant.ends is None or grant.ends > at:
                grant.ends = max(at, grant.starts)
        with Session(self.engine) as session:
            for found in grants_of(session, member.id, self.show_id):
                end_grant(session, found, at=at, cause=CAUSE, now=self.now)
            session.commit()

    def open_another(self, member: oracle.Member) -> None:
        with Session(self.engine) as session:
            self._open(session, member)
            session.commit()

    def replace(self, member: oracle.Member, feed: oracle.Feed) -> None:
        feed.state, feed.closes = "replaced", self.now + REPLACED_FOR
        with Session(self.engine) as session:
            fresh = replace_feed(
                session,
                self._stored(session, feed),
                signing_key=KEY.id,
                notice=REPLACED_FOR,
                cause=CAUSE,
                now=self.now,
            )
            session.commit()
            member.feeds.append(self._addresses(fresh))

    def revoke(self, feed: oracle.Feed) -> None:
        feed.state = "revoked"
        with Session(self.engine) as session:
            revoke_feed(session, self._stored(session, feed), cause=CAUSE, now=self.now)
            session.commit()

    def _stored(self, session: Session, feed: oracle.Feed) -> PrivateFeed:
        key = self.tokens.read(FEED, feed.token)
        return session.query(PrivateFeed).filter_by(key=key).one()

    def _open(self, session: Session, member: oracle.Member) -> None:
        made = open_feed(
            session,
            member_id=member.id,
            show_id=self.show_id,
            name="phone",
            signing_key=KEY.id,
            now=self.now,
        )
        member.feeds.append(self._addresses(made))

    def _addresses(self, made: PrivateFeed) -> oracle.Feed:
        mint = self.tokens.mint
        return oracle.Feed(mint(FEED, made.key, KEY.id), mint(MEDIA, made.key, KEY.id))
