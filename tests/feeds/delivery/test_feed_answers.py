"""What a private feed answers, to whom, and with which headers."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta

import feedparser
import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.publishing import unpublish_episode
from episodes.storage.base import Storage
from feeds.grants import Cause
from feeds.models import PrivateFeed
from feeds.private_feeds import replace_feed, revoke_feed
from feeds.tokens import FEED, Tokens
from tests.builders import build_episode
from tests.conftest import Clock, Get, Notes, People, body_of, header

pytestmark = pytest.mark.both_databases

CAUSE = Cause("test")


def titles(body: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(body).entries]


def one_of_each(session: Session, storage: Storage, show: Show, now: datetime) -> None:
    day = timedelta(days=1)
    build_episode(session, storage, show, now, audience="free", title="Free", at=now - 3 * day)
    build_episode(session, storage, show, now, title="Members", at=now - 2 * day)
    build_episode(session, storage, show, now, title="Later", at=now + day)
    build_episode(session, storage, show, now, title="Draft", publish=False)
    session.commit()


def test_a_paying_member_gets_everything_that_is_out(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    answer = get(people.paying.feed)
    assert answer.status == 200
    assert titles(body_of(answer)) == ["Members", "Free"]


def test_a_free_feed_has_the_free_episodes_and_no_notice(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    assert titles(body_of(get(people.free.feed))) == ["Free"]


def test_a_lapsed_member_gets_a_valid_feed_with_one_notice(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    answer = get(people.lapsed.feed)
    assert answer.status == 200
    parsed = feedparser.parse(body_of(answer))
    assert [entry.title for entry in parsed.entries][1:] == ["Free"]
    notice = parsed.entries[0]
    assert "has ended" in notice.title
    assert notice.enclosures == []
    assert notice.link.endswith("/renew")


def test_the_notice_is_the_same_item_on_every_poll(
    get: Get, people: People, clock: Clock, session: Session, storage: Storage, show: Show
) -> None:
    one_of_each(session, storage, show, clock.now)
    first = feedparser.parse(body_of(get(people.lapsed.feed))).entries[0]
    clock.advance(hours=5)
    again = feedparser.parse(body_of(get(people.lapsed.feed))).entries[0]
    assert (first.id, first.published) == (again.id, again.published)


def test_a_notice_is_newer_than_what_apps_kept_of_the_feed(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    members = feedparser.parse(body_of(get(people.paying.feed))).entries[0]
    old = session.get_one(PrivateFeed, people.paying.feed_id)
    month = timedelta(days=30)
    replace_feed(session, old, signing_key="testkey", notice=month, cause=CAUSE, now=now)
    session.commit()
    for feed in (people.lapsed.feed, people.paying.feed):
        notice = feedparser.parse(body_of(get(feed))).entries[0]
        assert notice.published_parsed > members.published_parsed


def test_a_scheduled_episode_appears_at_its_time_without_any_write(
    get: Get, people: People, clock: Clock, session: Session, storage: Storage, show: Show
) -> None:
    one_of_each(session, storage, show, clock.now)
    before = header(get(people.paying.feed), "ETag")
    clock.advance(days=1)
    after = get(people.paying.feed, if_none_match=before)
    assert after.status == 200
    assert titles(body_of(after)) == ["Later", "Members", "Free"]


def test_a_withdrawn_episode_is_gone_on_the_next_poll(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = build_episode(session, storage, show, now, title="Mistake")
    session.commit()
    assert titles(body_of(get(people.paying.feed))) == ["Mistake"]
    unpublish_episode(session, episode, state="withdrawn", now=now)
    session.commit()
    assert titles(body_of(get(people.paying.feed))) == []


def test_an_unknown_token_is_not_found_and_never_html(get: Get, people: People) -> None:
    for path in (people.stranger, "/f/short", "/f/", people.paying.feed[:-1] + "7x", "/f/a/b"):
        answer = get(path)
        assert answer.status == 404
        assert header(answer, "Content-Type").startswith("text/plain")


def test_guessing_is_throttled_but_a_valid_token_never_is(get: Get, people: People) -> None:
    answers = [get(people.stranger) for _ in range(6)]
    assert [answer.status for answer in answers] == [404] * 5 + [429]
    assert int(header(answers[-1], "Retry-After")) > 0
    assert get(people.paying.feed).status == 200


def test_a_replaced_feed_says_so_for_a_while_and_then_is_gone(
    get: Get,
    people: People,
    clock: Clock,
    session: Session,
    storage: Storage,
    show: Show,
    tokens: Tokens,
) -> None:
    one_of_each(session, storage, show, clock.now)
    old = session.get_one(PrivateFeed, people.paying.feed_id)
    fresh = replace_feed(
        session, old, signing_key="testkey", notice=timedelta(days=30), cause=CAUSE, now=clock.now
    )
    session.commit()
    parsed = feedparser.parse(body_of(get(people.paying.feed)))
    assert len(parsed.entries) == 1
    assert "was replaced" in parsed.entries[0].title
    new = get("/f/" + tokens.mint(FEED, fresh.key, fresh.signing_key))
    assert titles(body_of(new)) == ["Members", "Free"]
    clock.advance(days=31)
    assert get(people.paying.feed).status == 410


def test_a_revoked_feed_is_gone_at_once(
    get: Get, people: People, session: Session, now: datetime
) -> None:
    revoke_feed(session, session.get_one(PrivateFeed, people.paying.feed_id), cause=CAUSE, now=now)
    session.commit()
    assert get(people.paying.feed).status == 410


def test_private_feeds_are_kept_out_of_caches_indexes_and_referrers(
    get: Get, people: People
) -> None:
    answer = get(people.paying.feed)
    assert "private" in header(answer, "Cache-Control")
    assert "noindex" in header(answer, "X-Robots-Tag")
    assert header(answer, "Referrer-Policy") == "no-referrer"
    assert header(answer, "Last-Modified") == ""
    body = body_of(answer)
    assert b"<itunes:block>Yes</itunes:block>" in body
    assert b"<podcast:block>yes</podcast:block>" in body


def test_each_member_sees_their_own_tokens_and_nobody_elses(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    body = body_of(get(people.paying.feed)).decode()
    assert f'href="http://podcast.test{people.paying.feed}"' in body
    assert f'url="http://podcast.test{people.paying.media}/' in body
    assert people.free.feed not in body
    assert "SENTINEL" not in body.upper()
    assert "TOKENSTANDSHERE" not in body


def test_a_sentinel_in_show_notes_does_not_lure_a_token_out(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    from feeds.rendering.assemble import FEED_SENTINEL, MEDIA_SENTINEL

    nested = FEED_SENTINEL[:9] + FEED_SENTINEL + FEED_SENTINEL[9:]
    notes = f"https://evil.example/{FEED_SENTINEL} {MEDIA_SENTINEL} {nested}"
    build_episode(session, storage, show, now, title="Trap", notes=notes)
    session.commit()
    body = body_of(get(people.paying.feed)).decode()
    assert f"evil.example/{people.paying.feed[3:]}" not in body
    assert body.count(people.paying.feed[3:]) == 1  # rel=self alone


def test_an_unchanged_feed_answers_304_without_body(get: Get, people: People) -> None:
    for coding in ("", "gzip"):
        etag = header(get(people.paying.feed, accept_encoding=coding), "ETag")
        answer = get(people.paying.feed, accept_encoding=coding, if_none_match=etag)
        assert answer.status == 304
        assert answer.body == b""
        assert header(answer, "ETag") == etag


def test_gzip_and_plain_have_their_own_etags_and_the_same_content(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    plain = get(people.paying.feed)
    packed = get(people.paying.feed, accept_encoding="gzip, br")
    assert header(packed, "Content-Encoding") == "gzip"
    assert header(packed, "Vary") == header(plain, "Vary") == "Accept-Encoding"
    assert header(packed, "ETag") != header(plain, "ETag")
    assert gzip.decompress(body_of(packed)) == body_of(plain)


def test_head_has_the_headers_of_get_and_no_body(get: Get, people: People) -> None:
    got, head = get(people.paying.feed), get(people.paying.feed, "HEAD")
    assert head.headers == got.headers
    assert head.body == b""


def test_other_methods_are_refused(get: Get, people: People) -> None:
    answer = get(people.paying.feed, "POST")
    assert answer.status == 405
    assert header(answer, "Allow") == "GET, HEAD"


def test_every_poll_of_a_known_feed_is_noted(get: Get, people: People, notes: Notes) -> None:
    get(people.paying.feed, user_agent="AntennaPod/3.4")
    get(people.stranger)
    assert [(n.feed_id, n.status, n.user_agent) for n in notes.seen] == [
        (people.paying.feed_id, 200, "AntennaPod/3.4")
    ]


def test_paying_again_opens_the_same_feed_with_the_same_guids(
    get: Get, people: People, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    from podcast_server.accounts.models import Member
    from tests.builders import give_membership

    one_of_each(session, storage, show, now)
    before = feedparser.parse(body_of(get(people.paying.feed)))
    lapsed = session.get_one(Member, people.lapsed.member_id)
    give_membership(session, lapsed, show, now)
    session.commit()
    after = feedparser.parse(body_of(get(people.lapsed.feed)))
    assert [entry.id for entry in after.entries] == [entry.id for entry in before.entries]


def test_the_public_feed_has_free_episodes_and_teasers_without_audio(
    get: Get, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    parsed = feedparser.parse(body_of(get(f"/shows/{show.slug}/feed.xml")))
    assert {entry.title: len(entry.enclosures) for entry in parsed.entries} == {
        "Members": 0,
        "Free": 1,
    }
    assert "/listen/" in parsed.entries[1].enclosures[0].href


def test_the_public_feed_can_hide_members_episodes(
    get: Get, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    show.public_feed = "hidden"
    one_of_each(session, storage, show, now)
    assert titles(body_of(get(f"/shows/{show.slug}/feed.xml"))) == ["Free"]


def test_the_public_feed_is_not_blocked_and_holds_no_token_place(
    get: Get, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    one_of_each(session, storage, show, now)
    answer = get(f"/shows/{show.slug}/feed.xml")
    body = body_of(answer)
    assert b"itunes:block" not in body
    assert b"/m/" not in body
    assert "public" in header(answer, "Cache-Control")
