"""A membership by ear: welcomed, warned, and missed, as Stripe's news arrive."""

from __future__ import annotations

from datetime import timedelta

import feedparser
import pytest

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.announcements import KINDS, set_announcement
from feeds.tokens import FEED, MEDIA, SigningKey, Tokens
from tests.builders import build_audio
from tests.conftest import KEY, Get, body_of
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import Shop
from tests.podcast_server.billing.test_stripe_memberships import join

SOUNDS = {kind: kind.encode() * 100 for kind in KINDS}


@pytest.fixture
def shop(post: Post, storage: Storage, show: Show) -> Shop:
    """A shop whose podcaster recorded all three announcements."""
    with post.shop.session() as session:
        for kind, data in SOUNDS.items():
            audio = build_audio(session, storage, session.get_one(Show, show.id), data)
            set_announcement(session, show.id, kind, audio, post.shop.now)
    return post.shop


def heard(shop: Shop, get: Get) -> tuple[str, bytes]:
    """The address and the sound of what the member's feed says, as an app plays it."""
    [feed] = shop.feeds()
    body = body_of(get("/f/" + Tokens([KEY]).mint(FEED, feed.key, KEY.id)))
    entries = [each for each in feedparser.parse(body).entries if ":notice:" in each.id]
    if not entries:
        return "", b""
    path = entries[0].enclosures[0].href.removeprefix("http://podcast.test")
    return path, body_of(get(path))


@pytest.mark.thorough
def test_a_membership_is_heard_from_its_beginning_to_its_end(
    post: Post, shop: Shop, get: Get
) -> None:
    ref = join(post)
    welcome, sound = heard(shop, get)
    assert sound == SOUNDS["welcome"]

    post.let_time_pass(days=15)
    assert heard(shop, get) == ("", b"")
    assert get(welcome).status == 403

    post.account.control.fail_next_renewal(ref)
    end = shop.subscription().period_end
    assert end is not None
    post.let_time_pass(seconds=(end - shop.now).total_seconds() + 7200)
    assert heard(shop, get)[1] == SOUNDS["payment_failing"]

    shop.clock.now = end + timedelta(days=7)
    last, sound = heard(shop, get)
    assert sound == SOUNDS["ended"]
    assert get(welcome).status == 403

    stranger = Tokens([SigningKey("otherkey", "11" * 32, "2026-01-01")])
    name = last.rsplit("/", 1)[1]
    assert get(f"/m/{stranger.mint(MEDIA, shop.feeds()[0].key, 'otherkey')}/{name}").status == 404
