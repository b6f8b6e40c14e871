"""Lifecycle audio: in the feed of whom it is meant for, for as long, and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.announcements import KINDS, remove_announcement, set_announcement
from feeds.models import Announcement, PrivateFeed
from feeds.tokens import FEED, MEDIA, Tokens
from tests.builders import (
    build_audio,
    build_episode,
    build_feed,
    build_member,
    build_show,
    give_membership,
)
from tests.conftest import KEY, Clock, Get, Notes, People, Person, body_of, header

pytestmark = pytest.mark.both_databases

SOUNDS = {kind: kind.encode() * 300 for kind in KINDS}


@pytest.fixture
def clips(session: Session, storage: Storage, show: Show, people: People, clock: Clock) -> None:
    """The show has all three, and one episode."""
    build_episode(session, storage, show, clock.now)
    for kind, data in SOUNDS.items():
        audio = build_audio(session, storage, show, data)
        set_announcement(session, show.id, kind, audio, clock.now)
    session.commit()


@pytest.fixture
def newcomer(session: Session, show: Show, people: People, clock: Clock, get: Get) -> Person:
    """Somebody who became a member this minute."""
    member = build_member(session, clock.now, "new@example.org")
    give_membership(session, member, show, clock.now, starts_at=clock.now)
    feed = build_feed(session, member, show, clock.now)
    session.commit()
    mint = Tokens([KEY]).mint
    return Person(
        member.id,
        feed.id,
        "/f/" + mint(FEED, feed.key, KEY.id),
        "/m/" + mint(MEDIA, feed.key, KEY.id),
    )


def clip_in(get: Get, feed: str) -> str:
    """The path of the sound of a feed's notice, empty when there is none."""
    answer = get(feed)
    assert answer.status == 200
    for item in etree.fromstring(body_of(answer)).iter("item"):
        if ":notice:" in (item.findtext("guid") or ""):
            enclosure = item.find("enclosure")
            return (
                "" if enclosure is None else enclosure.attrib["url"][len("http://podcast.test") :]
            )
    return ""


@pytest.mark.usefixtures("clips")
def test_a_newcomer_is_welcomed_for_fourteen_days(get: Get, newcomer: Person, clock: Clock) -> None:
    path = clip_in(get, newcomer.feed)
    played = get(path)
    assert (played.status, body_of(played)) == (200, SOUNDS["welcome"])
    assert header(played, "Content-Type") == "audio/mpeg"
    clock.advance(days=14)
    assert clip_in(get, newcomer.feed) == ""
    assert get(path).status == 403


@pytest.mark.usefixtures("clips")
def test_a_member_of_a_month_hears_nothing(get: Get, people: People) -> None:
    assert clip_in(get, people.paying.feed) == ""


@pytest.mark.usefixtures("clips")
def test_after_the_end_the_last_clip_plays(get: Get, people: People) -> None:
    assert body_of(get(clip_in(get, people.lapsed.feed))) == SOUNDS["ended"]


@pytest.mark.usefixtures("clips")
def test_each_clip_plays_only_where_its_notice_stands(
    get: Get, people: People, newcomer: Person
) -> None:
    welcome = clip_in(get, newcomer.feed).rsplit("/", 1)[1]
    ended = clip_in(get, people.lapsed.feed).rsplit("/", 1)[1]
    for person in (people.paying, people.lapsed, people.free, newcomer):
        expected = {welcome: person is newcomer, ended: person is people.lapsed}
        for name, heard in expected.items():
            assert get(f"{person.media}/{name}").status == (200 if heard else 403)


@pytest.mark.usefixtures("clips")
def test_strangers_have_no_way_to_a_clip(get: Get, people: People, newcomer: Person) -> None:
    path = clip_in(get, newcomer.feed)
    name = path.rsplit("/", 1)[1]
    assert get(f"/m/{people.stranger[3:]}/{name}").status == 404
    assert get(f"/m/{newcomer.feed[3:]}/{name}").status == 404  # a feed token is no media token
    assert get(f"/listen/{name}").status == 404


@pytest.mark.usefixtures("clips")
def test_ranges_and_head_work_as_for_episodes(get: Get, newcomer: Person) -> None:
    path = clip_in(get, newcomer.feed)
    part = get(path, range="bytes=3-9")
    assert (part.status, body_of(part)) == (206, SOUNDS["welcome"][3:10])
    assert header(get(path, "HEAD"), "Content-Length") == str(len(SOUNDS["welcome"]))


@pytest.mark.usefixtures("clips")
def test_a_clip_is_no_download(get: Get, newcomer: Person, notes: Notes) -> None:
    path = clip_in(get, newcomer.feed)
    notes.seen.clear()
    body_of(get(path))
    assert notes.seen == []


@pytest.mark.usefixtures("clips")
def test_clips_give_their_places_back(get: Get, newcomer: Person) -> None:
    path = clip_in(get, newcomer.feed)
    for _ in range(5):  # the lane has three places
        assert body_of(get(path)) == SOUNDS["welcome"]


@pytest.mark.usefixtures("clips")
def test_the_announcements_of_another_show_are_not_found(
    get: Get, newcomer: Person, session: Session, storage: Storage, clock: Clock
) -> None:
    other = build_show(session, clock.now)
    audio = build_audio(session, storage, other)
    set_announcement(session, other.id, "welcome", audio, clock.now)
    session.commit()
    key = session.query(Announcement).filter_by(show_id=other.id).one().key
    assert get(f"{newcomer.media}/{key}.mp3").status == 404


@pytest.mark.usefixtures("clips")
def test_a_closed_feed_plays_no_clip(
    get: Get, newcomer: Person, session: Session, clock: Clock
) -> None:
    path = clip_in(get, newcomer.feed)
    session.get_one(PrivateFeed, newcomer.feed_id).state = "revoked"
    session.commit()
    assert get(path).status == 410


@pytest.mark.usefixtures("clips")
def test_new_audio_keeps_the_address_and_a_removed_clip_is_gone_at_once(
    get: Get, newcomer: Person, session: Session, storage: Storage, show: Show, clock: Clock
) -> None:
    path = clip_in(get, newcomer.feed)
    audio = build_audio(session, storage, show, b"again")
    set_announcement(session, show.id, "welcome", audio, clock.now)
    session.commit()
    assert clip_in(get, newcomer.feed) == path
    assert body_of(get(path)) == b"again"
    assert remove_announcement(session, show.id, "welcome", clock.now)
    session.commit()
    assert clip_in(get, newcomer.feed) == ""
    assert get(path).status == 404


def test_without_clips_notices_stay_in_writing(get: Get, people: People, newcomer: Person) -> None:
    assert ":notice:lapsed" in body_of(get(people.lapsed.feed)).decode()
    assert ":notice:" not in body_of(get(newcomer.feed)).decode()


@pytest.mark.usefixtures("clips")
def test_newcomers_share_one_rendering(
    get: Get, newcomer: Person, session: Session, show: Show, clock: Clock
) -> None:
    """The moment is part of the edition, not the member."""
    member = build_member(session, clock.now)
    give_membership(session, member, show, clock.now, starts_at=clock.now - timedelta(days=3))
    feed = build_feed(session, member, show, clock.now)
    session.commit()
    other = "/f/" + Tokens([KEY]).mint(FEED, feed.key, KEY.id)
    tags = {header(get(path), "ETag") for path in (newcomer.feed, other)}
    assert len(tags) == 1
