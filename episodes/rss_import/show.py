"""The show itself: made from what the feed's channel says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.errors import BadField
from episodes.links import secure_link
from episodes.models import Show
from episodes.notes import plain_text
from episodes.rss_import.feed import ForeignFeed
from episodes.rss_import.words import notes_from_html
from episodes.shows import change_fields, create_show


def make_show(session: Session, feed: ForeignFeed, *, public_url: str, now: datetime) -> Show:
    """A new show with the feed's words and its podcast:guid. Raises BadField."""
    title = feed.title or "Untitled"
    show = create_show(
        session, title=title, public_url=public_url, now=now, slug=_free_slug(session, title)
    )
    for name, value in _fields(feed).items():
        try:
            change_fields(show, {name: value})
        except BadField:
            continue  # a strange language code and the like: the show's default stays
    if feed.podcast_guid and find_by_guid(session, feed) is None:
        show.podcast_guid = feed.podcast_guid
    session.flush()
    return show


def _fields(feed: ForeignFeed) -> dict[str, Any]:
    return {
        "description": plain_text(notes_from_html(feed.description_html)),
        "author": feed.author,
        "owner_name": feed.owner_name,
        "owner_email": feed.owner_email,
        "link": secure_link(feed.link) or "",
        "language": feed.language or "en",
        "copyright": feed.copyright,
        "explicit": feed.explicit,
        "type": feed.type,
        "categories": [list(pair) for pair in feed.categories],
        "persons": list(feed.persons),
    }


def _free_slug(session: Session, title: str) -> str:
    """A name that is not taken: of two shows with one title, the second is called -2."""
    wanted = slugify(title, max_length=70) or "show"
    taken = set(session.scalars(select(Show.slug).where(Show.slug.startswith(wanted))))
    return next(
        name
        for name in (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
        if name not in taken
    )


def find_by_guid(session: Session, feed: ForeignFeed) -> Show | None:
    """The show that is this very podcast, by its podcast:guid."""
    if not feed.podcast_guid:
        return None
    query = select(Show).where(Show.podcast_guid == feed.podcast_guid)
    return session.scalars(query.order_by(Show.id)).first()
