"""Create, change and find shows and their tiers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slugify import slugify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from episodes.categories import check_categories
from episodes.errors import BadField, NotFound
from episodes.links import MAX_NAME, check_link, check_web
from episodes.models import Show, Tier
from episodes.publishing import record_change

# https://podcastindex.org/namespace/1.0: guid is UUIDv5 in this name space.
PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")

EDITABLE = frozenset(
    {
        "title",
        "description",
        "author",
        "owner_name",
        "owner_email",
        "link",
        "language",
        "copyright",
        "explicit",
        "type",
        "categories",
        "persons",
        "artwork_key",
        "time_zone",
        "public_feed",
        "archive_after_days",
        "archive_after_count",
        "preview_minutes",
        "funding_url",
        "funding_text",
        "links",
    }
)
MOST_LINKS = 12
_LONGEST = {"title": 255, "funding_text": 128}
_CHOICES = {"type": {"episodic", "serial"}, "public_feed": {"hidden", "teaser"}}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


def create_show(
    session: Session,
    *,
    title: str,
    public_url: str,
    now: datetime,
    slug: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Show:
    """Make a show. The slug, made from the title if not given, is its address for good.

    Raises BadField, also when the slug is taken.
    """
    slug = slug or slugify(title, max_length=80)
    if not slug or slug != slugify(slug):
        raise BadField("slug", "use letters, digits and hyphens, such as harbour-notes")
    if session.scalar(select(Show.id).where(Show.slug == slug)):
        raise BadField("slug", f"there is already a show at “{slug}”")
    place = re.sub(r"^https?://", "", public_url)
    show = Show(
        slug=slug,
        title=title,
        podcast_guid=str(uuid.uuid5(PODCAST_NAMESPACE, f"{place}/shows/{slug}/feed.xml")),
        private_podcast_guid=str(uuid.uuid5(PODCAST_NAMESPACE, f"{place}/shows/{slug}/private")),
        created_at=now,
        updated_at=now,
    )
    session.add(show)
    change_fields(show, {"title": title, **(fields or {})})
    session.flush()
    return show


def update_show(session: Session, show: Show, fields: Mapping[str, Any], now: datetime) -> None:
    """Change some fields of a show. Raises BadField and then changes nothing."""
    change_fields(show, fields)
    record_change(session, show.id, now=now)


def change_fields(show: Show, fields: Mapping[str, Any]) -> None:
    """Check all given fields, then set them. Raises BadField before anything is set."""
    for name, value in fields.items():
        if name not in EDITABLE:
            raise BadField(name, "a show has no such field")
        _check(name, value)
    for name, value in fields.items():
        setattr(show, name, value.strip() if isinstance(value, str) else value)


def _check(name: str, value: Any) -> None:
    if name in {"link", "funding_url", "links"}:
        _check_addresses(name, value)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise BadField(name, f"must be one of {', '.join(sorted(_CHOICES[name]))}")
    if name == "title" and not value.strip():
        raise BadField(name, "a show needs a title")
    if name in _LONGEST and len(value) > _LONGEST[name]:
        raise BadField(name, f"must be at most {_LONGEST[name]} characters")
    if name == "language" and not _LANGUAGE.fullmatch(value):
        raise BadField(name, "must be a language code such as en, en-gb or fr")
    if name == "time_zone":
        _check_time_zone(value)
    if name == "categories":
        check_categories(value)
    if name.startswith("archive_after") and value is not None and value < 1:
        raise BadField(name, "must be at least 1, or empty for never")
    if name == "preview_minutes" and value is not None and not 1 <= value <= 10:
        raise BadField(name, "must be 1 to 10 minutes, or empty for none")


def _check_addresses(name: str, value: Any) -> None:
    if name == "link":
        check_link(name, value or "")
    elif name == "links":
        _check_links(value)
    elif value:
        check_web(name, value)


def _check_links(links: list[dict[str, str]]) -> None:
    if len(links) > MOST_LINKS:
        raise BadField("links", "must be at most 12 links")
    for link in links:
        check_web("links", link["url"])
        if len(link["text"]) > MAX_NAME:
            raise BadField("links", "must have names of at most 64 characters")


def _check_time_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadField("time_zone", "must be a name such as Europe/Paris") from error


def find_show(session: Session, slug: str) -> Show:
    """The show at this slug. Raises NotFound, naming the ones there are."""
    show = session.scalars(select(Show).where(Show.slug == slug)).first()
    if show is None:
        known = ", ".join(each.slug for each in list_shows(session)) or "none yet"
        raise NotFound(f"there is no show “{slug}” (shows: {known})")
    return show


def list_shows(session: Session) -> list[Show]:
    """All shows by title."""
    return list(session.scalars(select(Show).order_by(Show.title, Show.id)))


def ensure_tier(session: Session, show: Show, name: str) -> Tier:
    """The show's tier of this name, made if it is new. Raises BadField."""
    slug = slugify(name, max_length=80)
    if not slug:
        raise BadField("tier", "a tier needs a name")
    if len(name.strip()) > 255:
        raise BadField("tier", "must be at most 255 characters")
    tier = session.scalars(select(Tier).where(Tier.show_id == show.id, Tier.slug == slug)).first()
    if tier is None:
        count = session.scalar(select(func.count(Tier.id)).where(Tier.show_id == show.id)) or 0
        tier = Tier(show_id=show.id, slug=slug, name=name.strip(), position=count)
        session.add(tier)
        session.flush()
    return tier


def rename_tier(session: Session, tier: Tier, name: str) -> None:
    """Give a tier another name; whatever refers to it goes on. Raises BadField."""
    slug = slugify(name, max_length=80)
    if not slug:
        raise BadField("tier", "a tier needs a name")
    if len(name.strip()) > 255:
        raise BadField("tier", "must be at most 255 characters")
    taken = select(Tier.id).where(
        Tier.show_id == tier.show_id, Tier.slug == slug, Tier.id != tier.id
    )
    if session.scalars(taken).first() is not None:
        raise BadField("tier", f"there is already a tier called “{name.strip()}”")
    tier.name, tier.slug = name.strip(), slug
    session.flush()


def find_tier(session: Session, show: Show, name: str) -> Tier:
    """The show's tier by name or slug. Raises NotFound, naming the ones there are."""
    slug = slugify(name)
    tiers = session.scalars(select(Tier).where(Tier.show_id == show.id)).all()
    for tier in tiers:
        if tier.slug == slug:
            return tier
    known = ", ".join(tier.slug for tier in tiers) or "none yet"
    raise NotFound(f"the show “{show.slug}” has no tier “{name}” (tiers: {known})")
