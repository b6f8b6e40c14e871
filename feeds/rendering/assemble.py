"""Rows → document: what one entitlement sees of a show at one moment, with sentinel tokens."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from episodes.models import Audio, Episode, Show
from episodes.notes import notes_html, plain_text
from episodes.pictures import with_addresses
from feeds.access import (
    NOBODY,
    REPLACED,
    WELCOME,
    Entitlement,
    EpisodeFacts,
    is_out,
    is_public,
    may_hear,
    next_change,
)
from feeds.editions import Assembled
from feeds.models import Announcement
from feeds.rendering.addresses import Addresses
from feeds.rendering.document import (
    Enclosure,
    FeedDocument,
    FeedItem,
    Funding,
    Person,
    TranscriptLink,
)
from feeds.rendering.limits import shorten
from feeds.rendering.notices import Sound, notice_item
from feeds.rendering.sentinels import (
    FEED_SENTINEL,
    MEDIA_SENTINEL,
    REPORT_SENTINEL,
    without_sentinels,
)

Clip = tuple[str, Audio]  # an announcement's name in addresses, and its sound


class Assembler:
    """Assembles documents from the database; one instance serves all threads."""

    def __init__(self, engine: Engine, addresses: Addresses) -> None:
        options: dict[str, Any] = {"read_only": True}
        if engine.dialect.name == "postgresql":
            # All of a document from one moment, as on SQLite: here each query would have its own.
            options["isolation_level"] = "REPEATABLE READ"
        self._engine = engine.execution_options(**options)
        self._addresses = addresses

    def __call__(self, show_id: int, seen_by: Entitlement | None, now: float) -> Assembled:
        """What ``seen_by`` (None: everybody, in the public feed) sees at ``now``.

        Raises LookupError when the show does not exist.
        """
        with Session(self._engine) as session:
            show = session.get(Show, show_id)
            if show is None:
                raise LookupError(f"show {show_id}")
            episodes = ready_episodes(session, show_id)
            facts = [facts_of(episode) for episode in episodes]
            changes = [next_change(each, now) for each in facts]
            valid_until = min((time for time in changes if time is not None), default=None)
            clip = _clip(session, show_id, seen_by)
            document = Assembly(show, self._addresses, seen_by, now, clip).document(
                [pair for pair in zip(episodes, facts, strict=True) if is_out(pair[1], now)]
            )
        return Assembled(document, show.revision, valid_until)


def ready_episodes(session: Session, show_id: int) -> Sequence[Episode]:
    return session.scalars(
        select(Episode)
        .where(Episode.show_id == show_id, Episode.state == "ready")
        .options(
            selectinload(Episode.audio),
            selectinload(Episode.preview_audio),
            selectinload(Episode.transcripts),
        )
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
    ).all()


def _clip(session: Session, show_id: int, seen_by: Entitlement | None) -> Clip | None:
    """What the podcaster says, in sound, to whoever sees the feed with this notice."""
    if seen_by is None or not seen_by.notice:
        return None
    query = (
        select(Announcement.key, Audio)
        .join(Audio, Audio.id == Announcement.audio_id)
        .where(Announcement.show_id == show_id, Announcement.notice == seen_by.notice)
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def facts_of(episode: Episode) -> EpisodeFacts:
    """What the access question depends on in an episode."""
    return EpisodeFacts(
        id=episode.id,
        season=episode.season,
        state=episode.state,
        audience=episode.audience,
        tier_ids=tuple(episode.tier_ids),
        publish_at=_unix(episode.publish_at),
        public_from=_unix(episode.public_from),
        public_until=_unix(episode.public_until),
    )


def _unix(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


class Assembly:
    """One document in the making. ``seen_by`` None means the public feed."""

    def __init__(
        self,
        show: Show,
        addresses: Addresses,
        seen_by: Entitlement | None,
        now: float,
        clip: Clip | None = None,
    ) -> None:
        self.clip = clip
        self.show, self.addresses, self.seen_by, self.now = show, addresses, seen_by, now
        self.token = None if seen_by is None else MEDIA_SENTINEL

    def document(self, episodes: Iterable[tuple[Episode, EpisodeFacts]]) -> FeedDocument:
        show, private, out = self.show, self.seen_by is not None, list(episodes)
        items = [item for pair in out if (item := self._item(*pair)) is not None]
        notice = self.seen_by.notice if self.seen_by else ""
        if notice and (notice != WELCOME or self.clip):
            # Apps keep episodes that left the feed: the notice stands above those, too.
            newest = max((each.publish_at for each, _ in out if each.publish_at), default=None)
            link, sound = self._notice_link(notice), self._sound()
            items = [notice_item(show, notice, newest or show.created_at, link, sound), *items]
        website = show.link or self.addresses.show(show.slug)
        return FeedDocument(
            title=without_sentinels(show.title),
            description=without_sentinels(notes_html(show.description)),
            link=without_sentinels(website),
            self_url=(
                self.addresses.private_feed(FEED_SENTINEL)
                if private
                else self.addresses.public_feed(show.slug)
            ),
            language=without_sentinels(show.language),
            author=without_sentinels(show.author),
            # The owner's address is for directories; private feeds are in none.
            owner_name="" if private else without_sentinels(show.owner_name),
            owner_email="" if private else without_sentinels(show.owner_email),
            image_url=self._artwork(show.artwork_key),
            categories=_categories(show.categories),
            explicit=show.explicit,
            type=show.type,
            copyright=without_sentinels(show.copyright),
            podcast_guid=show.private_podcast_guid if private else show.podcast_guid,
            locked=True,
            private=private,
            persons=self._persons(show.persons),
            funding=self._funding(),
            updated=_latest(show, items),
            items=tuple(items),
            report_url=self.addresses.report(REPORT_SENTINEL)
            if private and notice != REPLACED
            else None,
        )

    def _funding(self) -> Funding:
        """Where the podcaster says to give, else where one becomes a member."""
        show = self.show
        url = without_sentinels(show.funding_url) or self.addresses.show(show.slug)
        return Funding(url, without_sentinels(show.funding_text or show.title))

    def _notice_link(self, notice: str) -> str:
        if notice == WELCOME:
            return self.addresses.show(self.show.slug)
        return self.addresses.renew(MEDIA_SENTINEL)

    def _sound(self) -> Sound | None:
        if self.clip is None:
            return None
        key, audio = self.clip
        return Sound(self._enclosure(audio, f"{key}.{audio.extension}"), round(audio.duration))

    def _item(self, episode: Episode, facts: EpisodeFacts) -> FeedItem | None:
        if self.seen_by is None:
            if is_public(facts, self.now):
                return self.full(episode)
            return self._teaser(episode) if self.show.public_feed == "teaser" else None
        if self.seen_by.notice == REPLACED:
            return None
        return self.full(episode) if may_hear(self.seen_by, facts, self.now) else None

    def full(self, episode: Episode) -> FeedItem | None:
        """An episode as who may hear it has it, a draft as if it came out now; None without
        audio."""
        audio = episode.audio
        if audio is None:
            return None
        name = episode.key
        return self._build(
            episode,
            notes=without_sentinels(notes_html(episode.notes)),
            summary=_summary(episode.notes),
            enclosure=self._enclosure(audio, f"{name}.{audio.extension}"),
            duration=round(audio.duration),
            chapters_url=(
                self.addresses.media(self.token, f"{name}.chapters.json")
                if episode.chapters
                else None
            ),
            transcripts=tuple(
                TranscriptLink(
                    self.addresses.media(self.token, f"{name}.{each.id}.{each.extension}"),
                    each.mime,
                    without_sentinels(each.language or self.show.language),
                )
                for each in episode.transcripts
            ),
        )

    def _teaser(self, episode: Episode) -> FeedItem:
        """A members' episode as the public sees it: title and notes, no audio of its own."""
        preview = episode.preview_audio
        page = self.addresses.episode(self.show.slug, episode.key)
        hint = f'<p><a href="{html.escape(page)}">{html.escape(page)}</a></p>'
        return self._build(
            episode,
            notes=without_sentinels(notes_html(episode.notes)) + hint,
            summary=_summary(episode.notes),
            enclosure=(
                self._enclosure(preview, f"{episode.key}.preview.{preview.extension}")
                if preview
                else None
            ),
            duration=round(preview.duration) if preview else None,
            chapters_url=None,
            transcripts=(),
        )

    def _build(
        self,
        episode: Episode,
        *,
        notes: str,
        summary: str,
        enclosure: Enclosure | None,
        duration: int | None,
        chapters_url: str | None,
        transcripts: tuple[TranscriptLink, ...],
    ) -> FeedItem:
        return FeedItem(
            guid=without_sentinels(episode.guid),
            title=without_sentinels(episode.title),
            link=without_sentinels(episode.link)
            or self.addresses.episode(self.show.slug, episode.key),
            published=episode.publish_at or datetime.fromtimestamp(self.now, UTC),
            notes_html=notes,
            summary=summary,
            enclosure=enclosure,
            duration=duration,
            image_url=self._artwork(episode.artwork_key),
            season=episode.season,
            season_name=without_sentinels(episode.season_name),
            episode=episode.number,
            episode_type=episode.type,
            explicit=self.show.explicit if episode.explicit is None else episode.explicit,
            author=without_sentinels(episode.author or self.show.author),
            persons=self._persons(episode.persons),
            chapters_url=chapters_url,
            transcripts=transcripts,
        )

    def _enclosure(self, audio: Audio, name: str) -> Enclosure:
        return Enclosure(self.addresses.media(self.token, name), audio.size, audio.mime)

    def _artwork(self, key: str | None) -> str | None:
        return None if key is None else self.addresses.artwork(key)

    def _persons(self, rows: list[dict[str, Any]]) -> tuple[Person, ...]:
        return _persons(with_addresses(rows, self.addresses.artwork))


def _summary(notes: str) -> str:
    """The beginning of the notes in plain words, as apps show it in lists."""
    return shorten(" ".join(without_sentinels(plain_text(notes)).split()))


def _persons(rows: list[dict[str, Any]]) -> tuple[Person, ...]:
    """Addresses of pictures too: apps load them without being asked."""
    return tuple(
        Person(
            name=without_sentinels(str(row["name"])),
            role=without_sentinels(str(row.get("role") or "host")),
            group=without_sentinels(str(row.get("group") or "cast")),
            img=without_sentinels(str(row.get("img") or "")) or None,
            href=without_sentinels(str(row.get("href") or "")) or None,
        )
        for row in rows
    )


def _categories(rows: list[list[str | None]]) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        (without_sentinels(str(top)), without_sentinels(sub) if sub else None) for top, sub in rows
    )


def _latest(show: Show, items: Sequence[FeedItem]) -> datetime:
    """When what is shown last changed: the newest episode, or the show's own birth."""
    return max((item.published for item in items), default=show.created_at).astimezone(UTC)


__all__ = ["FEED_SENTINEL", "MEDIA_SENTINEL", "NOBODY", "Addresses", "Assembler", "facts_of"]
