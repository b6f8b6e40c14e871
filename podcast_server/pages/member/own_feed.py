"""A member's feed on a page: found only if it is theirs, with everything needed to add it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import segno
from flask import abort, request
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.add_links import AddLink, Device, add_links, detect_device
from feeds.models import PrivateFeed
from feeds.private_feeds import feed_url
from podcast_server.accounts.hand_over import HAND_OVER_SECRET, QR_LIFE, make_hand_over
from podcast_server.i18n import format_ago
from podcast_server.services import Services


@dataclass(frozen=True, slots=True)
class FeedOnPage:
    """What the add page shows. ``path`` is where the page is, for the device links."""

    feed: PrivateFeed
    show: Show
    url: str
    device: Device
    links: list[AddLink]
    path: str


@dataclass(frozen=True, slots=True)
class Word:
    """Whether the app has come for the feed, and how to say it."""

    works: bool
    text: str


def my_feed(session: Session, member_id: int, feed_id: int) -> tuple[PrivateFeed, Show]:
    """An open feed of this member and its show; 404 for anybody else's."""
    feed = session.get(PrivateFeed, feed_id)
    if feed is None or feed.member_id != member_id or feed.state != "open":
        abort(404)
    return feed, session.get_one(Show, feed.show_id)


def on_page(services: Services, feed: PrivateFeed, show: Show, path: str) -> FeedOnPage:
    """A feed with its buttons for the device that asks, or the one in ``?device=``."""
    url = feed_url(services.tokens, services.addresses.public_url, feed)
    device = chosen_device()
    return FeedOnPage(feed, show, url, device, add_links(url, device), path)


def chosen_device() -> Device:
    """The device whose apps to show first."""
    asked = request.args.get("device", "")
    for device in get_args(Device):
        if device == asked:
            return device  # type: ignore[no-any-return]
    return detect_device(request.user_agent.string)


def word_of(feed: PrivateFeed, now: datetime) -> Word:
    """“It works” in words, or that we are waiting."""
    if feed.last_fetched_at is None:
        return Word(False, gettext("Waiting for your app to come for the first time."))
    ago = format_ago(feed.last_fetched_at, now)
    if feed.last_app:
        return Word(True, gettext("%(app)s came for it %(ago)s.", app=feed.last_app, ago=ago))
    return Word(True, gettext("An app came for it %(ago)s.", ago=ago))


def hand_over_address(
    services: Services, feed: PrivateFeed, now: datetime, life: timedelta = QR_LIFE
) -> str:
    """Where another device adds this feed without signing in, for a while."""
    secret = services.tokens.derive(HAND_OVER_SECRET)
    token = make_hand_over(secret, feed.id, now + life)
    return f"{services.addresses.public_url}/hand-over/{token}"


def qr_picture(address: str) -> Markup:
    """An address as a QR code in SVG, dark on light whatever the theme."""
    drawn = segno.make(address, error="m")
    return Markup(drawn.svg_inline(scale=4, border=3, light="#fff", dark="#000", omitsize=True))  # noqa: S704
