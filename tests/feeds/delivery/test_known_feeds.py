"""A feed that is known from before is answered from memory, and never when it has changed.

How a change is noticed on either database is tried with the memory of feeds (test_memory.py).
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from episodes.publishing import unpublish_episode
from episodes.storage.base import Storage
from feeds.access import WELCOME_SECONDS
from feeds.announcements import set_announcement
from feeds.delivery.facts import Answer, Request
from feeds.delivery.lane import Lane
from feeds.downloads.record import FeedPoll
from feeds.grants import end_grant, grants_of
from feeds.models import PrivateFeed
from feeds.private_feeds import replace_feed, revoke_feed
from podcast_server.accounts.models import Member
from tests.builders import CAUSE, build_audio, build_episode, give_membership
from tests.conftest import Clock, Get, Notes, People, header
from tests.feeds.delivery.again import by_the_door

GZIP = "gzip, br"
Ask = Callable[..., Answer]


@pytest.fixture
def episode(session: Session, storage: Storage, show: Show, clock: Clock) -> Episode:
    made = build_episode(session, storage, show, clock.now, at=clock.now - timedelta(days=1))
    session.commit()
    return made


def known_to(get: Get, path: str) -> Ask:
    """An app that has the feed and asks for news, until its question is remembered."""
    tag = header(get(path, accept_encoding=GZIP), "ETag")

    def ask(**more: str) -> Answer:
        facts = {"accept_encoding": GZIP, "if_none_match": tag} | more
        return get(path, **facts)

    assert [ask().status for _ in range(3)] == [304] * 3
    return ask


@pytest.fixture
def ask(people: People, episode: Episode, get: Get) -> Ask:
    """The app of the paying member."""
    return known_to(get, people.paying.feed)


def broken(*_: object, **__: object) -> None:
    raise AssertionError("the answer was looked for anew")


def test_the_same_question_gets_the_same_answer_without_looking(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask()
    monkeypatch.setattr("feeds.delivery.lane.answer_private_feed", broken)
    assert ask() == before
    assert header(before, "Cache-Control") == "private, no-cache"


def test_it_is_not_forgotten_by_the_hour(
    ask: Ask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(days=15)
    assert [ask().status for _ in range(2)] == [304] * 2
    monkeypatch.setattr("feeds.delivery.lane.answer_private_feed", broken)
    clock.advance(days=100)
    assert ask().status == 304


def test_each_poll_is_noted_with_who_asked(ask: Ask, notes: Notes) -> None:
    notes.seen.clear()
    ask(user_agent="Castro/1")
    ask(user_agent="Overcast/3")
    assert [(n.user_agent, n.status) for n in notes.seen if isinstance(n, FeedPoll)] == [
        ("Castro/1", 304),
        ("Overcast/3", 304),
    ]


@pytest.mark.parametrize(
    "other",
    [{"accept_encoding": ""}, {"accept_encoding": "gzip;q=0"}, {"if_none_match": '"other"'}],
)
def test_another_question_gets_its_own_answer(ask: Ask, other: dict[str, str]) -> None:
    assert ask(**other).status == 200
    assert ask().status == 304


def test_head_and_post_are_answered_as_ever(ask: Ask) -> None:
    assert ask(method="HEAD").status == 304
    assert ask(method="POST").status == 405


def _publish(session: Session, storage: Storage, show: Show, _: People, clock: Clock) -> None:
    build_episode(session, storage, session.get_one(Show, show.id), clock.now)


def _withdraw(session: Session, _: Storage, show: Show, __: People, clock: Clock) -> None:
    [episode] = session.query(Episode).filter_by(show_id=show.id)
    unpublish_episode(session, episode, state="withdrawn", now=clock.now)


def _end(session: Session, _: Storage, __: Show, people: People, clock: Clock) -> None:
    for grant in grants_of(session, people.paying.member_id):
        end_grant(session, grant, at=clock.now, now=clock.now, cause=CAUSE)


def _replace(session: Session, _: Storage, __: Show, people: People, clock: Clock) -> None:
    feed, notice = session.get_one(PrivateFeed, people.paying.feed_id), timedelta(days=3)
    replace_feed(session, feed, signing_key="testkey", notice=notice, cause=CAUSE, now=clock.now)


def _revoke(session: Session, _: Storage, __: Show, people: People, clock: Clock) -> None:
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    revoke_feed(session, feed, cause=CAUSE, now=clock.now)


@pytest.mark.parametrize(
    ("change", "status"),
    [(_publish, 200), (_withdraw, 200), (_end, 200), (_replace, 200), (_revoke, 410)],
)
def test_a_change_counts_at_once(
    ask: Ask,
    session: Session,
    storage: Storage,
    show: Show,
    people: People,
    clock: Clock,
    change: Callable[[Session, Storage, Show, People, Clock], None],
    status: int,
) -> None:
    change(session, storage, show, people, clock)
    session.commit()
    assert ask().status == status


def test_what_is_scheduled_comes_to_the_second(
    get: Get, people: People, session: Session, storage: Storage, show: Show, clock: Clock
) -> None:
    build_episode(session, storage, show, clock.now, at=clock.now + timedelta(hours=1))
    session.commit()
    ask = known_to(get, people.paying.feed)
    clock.advance(seconds=3599)
    assert ask().status == 304
    clock.advance(seconds=1)
    assert ask().status == 200


def test_a_membership_that_runs_out_is_told_to_the_second(
    get: Get, people: People, episode: Episode, session: Session, show: Show, clock: Clock
) -> None:
    free = session.get_one(Member, people.free.member_id)
    give_membership(session, free, show, clock.now, ends_at=clock.now + timedelta(hours=1))
    session.commit()
    ask = known_to(get, people.free.feed)
    clock.advance(seconds=3599)
    assert ask().status == 304
    clock.advance(seconds=1)
    assert ask().status == 200


def test_the_welcome_ends_to_the_second(
    get: Get,
    people: People,
    episode: Episode,
    session: Session,
    storage: Storage,
    show: Show,
    clock: Clock,
) -> None:
    audio = build_audio(session, storage, show, b"welcome")
    set_announcement(session, show.id, "welcome", audio, clock.now)
    free = session.get_one(Member, people.free.member_id)
    give_membership(session, free, show, clock.now, starts_at=clock.now)
    session.commit()
    ask = known_to(get, people.free.feed)
    clock.advance(seconds=WELCOME_SECONDS - 1)
    assert ask().status == 304
    clock.advance(seconds=1)
    assert ask().status == 200


def test_a_replaced_feed_is_gone_to_the_second(
    get: Get, people: People, episode: Episode, session: Session, clock: Clock
) -> None:
    feed, notice = session.get_one(PrivateFeed, people.paying.feed_id), timedelta(hours=1)
    replace_feed(session, feed, signing_key="testkey", notice=notice, cause=CAUSE, now=clock.now)
    session.commit()
    ask = known_to(get, people.paying.feed)
    clock.advance(seconds=3599)
    assert ask().status == 304
    clock.advance(seconds=1)
    assert ask().status == 410


def test_a_clock_that_was_put_back_is_asked_anew(
    get: Get, people: People, session: Session, storage: Storage, show: Show, clock: Clock
) -> None:
    build_episode(session, storage, show, clock.now, at=clock.now)
    session.commit()
    ask = known_to(get, people.paying.feed)
    clock.advance(hours=-1)
    assert ask().status == 200


def test_the_limit_of_a_feed_holds_for_what_is_remembered(ask: Ask) -> None:
    answers = [ask().status for _ in range(601)]
    assert (answers[0], answers[-1]) == (304, 429)


def test_a_question_of_very_many_words_is_answered_and_not_remembered(
    lane: Lane, ask: Ask, facts: dict[str, str], people: People
) -> None:
    words = facts["HTTP_IF_NONE_MATCH"] + ', "x"' * 1000
    many = facts | {"HTTP_IF_NONE_MATCH": words, "HTTP_ACCEPT_ENCODING": GZIP + ", x" * 1000}
    assert by_the_door(lane, people.paying.feed, many)[0] == "304 Not Modified"
    assert words not in repr(lane._given._by_path)


def test_an_address_written_in_another_way_takes_no_place_of_others(
    lane: Lane, get: Get, facts: dict[str, str], people: People
) -> None:
    loud = "/f/" + people.paying.feed[3:].upper()
    asked = {"accept_encoding": GZIP, "if_none_match": facts["HTTP_IF_NONE_MATCH"]}
    assert [get(loud, **asked).status for _ in range(3)] == [304] * 3
    assert by_the_door(lane, loud, facts)[0] == "passed on"


@pytest.fixture
def facts(ask: Ask) -> dict[str, str]:
    """What the web server tells of the app's question."""
    tag = header(ask(), "ETag")
    return {
        "HTTP_IF_NONE_MATCH": tag,
        "HTTP_ACCEPT_ENCODING": GZIP,
        "HTTP_USER_AGENT": "Castro/1",
        "HTTP_HOST": "podcast.test:443",
    }


def test_the_door_says_it_again_with_the_same_note(
    lane: Lane, facts: dict[str, str], people: People, notes: Notes
) -> None:
    notes.seen.clear()
    status, headers = by_the_door(lane, people.paying.feed, facts)
    assert (status, headers["ETag"]) == ("304 Not Modified", facts["HTTP_IF_NONE_MATCH"])
    [note] = notes.seen
    assert isinstance(note, FeedPoll)
    assert (note.user_agent, note.status, note.feed_id) == ("Castro/1", 304, people.paying.feed_id)


def test_the_door_counts_what_it_answers(lane: Lane, facts: dict[str, str], people: People) -> None:
    counted: list[tuple[str, int]] = []

    def count(kind: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 60
        counted.append((kind, status))

    by_the_door(lane, people.paying.feed, facts, count=count)
    by_the_door(lane, people.free.feed, facts, count=count)
    assert counted == [("feed", 304)]


def test_by_https_it_asks_to_stay_there(lane: Lane, facts: dict[str, str], people: People) -> None:
    _, headers = by_the_door(lane, people.paying.feed, facts, https=True)
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "other",
    [
        {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "POST"},
        {"HTTP_HOST": "old.example:443"},  # a feed of a host that people came from
        {"HTTP_X_PLAIN_HTTP": "1"},  # must be sent to https, and the feed must hear of it
    ],
)
def test_the_door_leaves_what_is_not_the_same_to_others(
    lane: Lane, facts: dict[str, str], people: People, other: dict[str, str]
) -> None:
    assert by_the_door(lane, people.paying.feed, facts | other)[0] == "passed on"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_who_does_not_have_it_gets_the_same_copy_at_the_door(
    lane: Lane, get: Get, facts: dict[str, str], people: People, coding: str
) -> None:
    whole = lane.answer(Request("GET", people.paying.feed, accept_encoding=coding))
    assert whole is not None
    asked = facts | {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_ACCEPT_ENCODING": coding}
    status, headers = by_the_door(lane, people.paying.feed, asked)
    assert (status, headers) == ("200 OK", dict(whole.headers))
    assert get(people.paying.feed, accept_encoding=coding) == whole


def test_a_feed_whose_edition_was_let_go_is_looked_for_anew(
    lane: Lane, facts: dict[str, str], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane._editions._memo.clear()
    lane._editions._by_content.clear()
    gc.collect()
    asked = facts | {"HTTP_IF_NONE_MATCH": ""}
    assert by_the_door(lane, people.paying.feed, asked)[0] == "passed on"
    answer = lane.answer(Request("GET", people.paying.feed))
    assert answer is not None
    assert answer.status == 200


def test_the_door_passes_a_change_on(
    lane: Lane, facts: dict[str, str], people: People, session: Session, clock: Clock
) -> None:
    revoke_feed(
        session, session.get_one(PrivateFeed, people.paying.feed_id), cause=CAUSE, now=clock.now
    )
    session.commit()
    assert by_the_door(lane, people.paying.feed, facts)[0] == "passed on"
