"""Draft, scheduled, published, withdrawn; and when an episode is everybody's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.episodes import create_episode, update_episode
from episodes.models import Show
from episodes.publishing import NotPublishable, publish_episode, status_of, unpublish_episode
from episodes.shows import update_show
from episodes.storage.base import Storage
from tests.builders import build_episode

DAY = timedelta(days=1)


def test_an_episode_goes_from_draft_to_scheduled_to_published_to_withdrawn_and_back(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = build_episode(session, storage, show, now, publish=False)
    assert status_of(episode, now) == "draft"
    publish_episode(session, episode, at=now + DAY, now=now)
    assert status_of(episode, now) == "scheduled"
    assert status_of(episode, now + DAY) == "published"
    unpublish_episode(session, episode, state="withdrawn", now=now)
    assert status_of(episode, now + DAY) == "withdrawn"
    publish_episode(session, episode, at=now, now=now)
    assert status_of(episode, now) == "published"


def test_without_audio_nothing_is_published(session: Session, show: Show, now: datetime) -> None:
    episode = create_episode(session, show, title="Silence", now=now)
    with pytest.raises(NotPublishable, match="no audio"):
        publish_episode(session, episode, at=now, now=now)


def test_every_visible_change_grows_the_shows_revision(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    seen = [show.revision]
    episode = build_episode(session, storage, show, now)
    seen.append(show.revision)
    update_episode(session, episode, {"title": "Better"}, now)
    seen.append(show.revision)
    update_show(session, show, {"author": "Somebody"}, now)
    seen.append(show.revision)
    assert seen == sorted(set(seen))


def test_members_first_and_everybody_later(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    later = build_episode(session, storage, show, now, at=now, public_at=now + 7 * DAY)
    early = build_episode(session, storage, show, now, at=now, public_at=now - 7 * DAY)
    never = build_episode(session, storage, show, now, at=now)
    assert later.public_from == now + 7 * DAY
    assert early.public_from == now  # not before it is out
    assert never.public_from is None


def test_free_episodes_turn_members_only_after_so_many_days(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    update_show(session, show, {"archive_after_days": 30}, now)
    episode = build_episode(session, storage, show, now, audience="free", at=now)
    assert (episode.public_from, episode.public_until) == (now, now + 30 * DAY)


def test_free_episodes_turn_members_only_once_so_many_newer_ones_are_out(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    update_show(session, show, {"archive_after_count": 2}, now)
    old, middle, newest = (
        build_episode(session, storage, show, now, audience="free", at=now + n * DAY)
        for n in range(3)
    )
    assert old.public_until == newest.publish_at
    assert middle.public_until is None
    unpublish_episode(session, newest, state="draft", now=now)
    assert old.public_until is None


def test_taking_the_archive_rule_back_opens_the_episodes_again(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    update_show(session, show, {"archive_after_days": 1}, now)
    episode = build_episode(session, storage, show, now, audience="free", at=now - 9 * DAY)
    update_show(session, show, {"archive_after_days": None}, now)
    assert episode.public_until is None
