"""Deleting, and taking that back: everything is as it was, where that is still right."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from episodes.models import Episode
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

LIST = "/studio/shows/harbour"
MANY = f"{LIST}/episodes"


def many(desk: Desk, act: str, *episodes: Episode, to: str = MANY, **more: str) -> TestResponse:
    data = {"csrf_token": desk.token(), "act": act, "key": [each.key for each in episodes], **more}
    return desk.client.post(to, data=data, follow_redirects=True)


def press_undo(desk: Desk, page: TestResponse) -> TestResponse:
    """Send the form beside the message as a browser without scripts does."""
    form = re.search(r'<form method="post" action="([^"]+)" class="undo">(.*?)</form>', page.text)
    assert form, "no way to undo"
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]):
        fields.setdefault(name, []).append(html.unescape(value))
    return desk.client.post(html.unescape(form[1]), data=fields, follow_redirects=True)


def test_a_published_episode_is_undeleted_as_published_with_its_date(
    owner: Desk, services: Services, first: Episode
) -> None:
    deleted = owner.send(f"{page_of(first)}/state", act="delete")
    assert "“First light” is deleted." in deleted.text
    assert now_is(services, first).state == "deleted"
    assert "1 episode is back." in press_undo(owner, deleted).text
    found = now_is(services, first)
    assert (found.state, found.publish_at) == ("ready", first.publish_at)


def test_undo_is_offered_once(owner: Desk, first: Episode) -> None:
    owner.send(f"{page_of(first)}/state", act="delete")
    assert 'class="undo"' not in owner.get(LIST).text


def test_a_withdrawn_episode_comes_back_withdrawn(
    owner: Desk, services: Services, first: Episode
) -> None:
    owner.send(f"{page_of(first)}/state", act="withdraw")
    owner.send(f"{page_of(first)}/state", act="delete")
    assert "It comes back as it was: withdrawn." in owner.get(page_of(first)).text
    owner.send(f"{page_of(first)}/state", act="restore")
    assert now_is(services, first).state == "withdrawn"


@pytest.mark.parametrize(("days", "state"), [(1, "ready"), (9, "draft")])
def test_what_was_scheduled_comes_back_scheduled_until_its_time_has_passed(
    owner: Desk, services: Services, draft: Episode, clock: Clock, days: int, state: str
) -> None:
    soon = (clock.now + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    save(owner, draft, act="schedule", publish_at=soon)
    owner.send(f"{page_of(draft)}/state", act="delete")
    clock.advance(days=days)
    answer = owner.send(f"{page_of(draft)}/state", act="restore").text
    assert now_is(services, draft).state == state
    assert ("that is not right any more" in answer) is (state == "draft")


def test_what_nobody_could_hear_any_more_comes_back_as_a_draft(
    owner: Desk, services: Services, first: Episode
) -> None:
    owner.send(f"{page_of(first)}/state", act="delete")
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audience = "sale"
    assert "“First light” is back as a draft." in many(owner, "restore", first).text
    assert now_is(services, first).state == "draft"


def test_bringing_back_what_is_not_deleted_changes_nothing(
    owner: Desk, services: Services, first: Episode
) -> None:
    many(owner, "restore", first)
    assert now_is(services, first).state == "ready"


def test_deleting_several_asks_first_and_names_them(
    owner: Desk, services: Services, first: Episode, draft: Episode
) -> None:
    page = many(owner, "delete", first, draft).text
    assert "Delete 2 episodes?" in page
    assert "First light" in page
    assert "Tide" in page
    assert "Every feed loses them" in page
    assert {now_is(services, each).state for each in (first, draft)} == {"ready", "draft"}


def test_several_are_deleted_and_all_come_back_as_they_were(
    owner: Desk, services: Services, first: Episode, draft: Episode
) -> None:
    page = many(owner, "delete", first, draft, sure="y")
    assert "2 episodes are deleted." in page.text
    press_undo(owner, page)
    assert [now_is(services, each).state for each in (first, draft)] == ["ready", "draft"]


def test_deleted_episodes_are_brought_back_from_their_list(
    owner: Desk, services: Services, first: Episode
) -> None:
    assert 'value="restore"' not in owner.get(LIST).text
    owner.send(f"{page_of(first)}/state", act="delete")
    page = owner.get(f"{LIST}?status=deleted").text
    assert 'value="restore"' in page
    assert '<option value="delete"' not in page


def test_what_is_done_with_many_leads_back_to_the_same_search(owner: Desk, first: Episode) -> None:
    page = owner.get(f"{LIST}?q=light&status=published").text
    action = re.search(rf'action="({MANY}[^"]*)"', page)
    assert action
    to = html.unescape(action[1])
    answer = many(owner, "free", first, to=to)
    assert answer.request.query_string == b"q=light&status=published"
    asked = many(owner, "delete", first, to=to).text
    assert html.escape(to) in asked
    assert many(owner, "delete", first, to=to, sure="y").request.path == LIST


def test_strangers_filters_are_not_carried_along(owner: Desk, first: Episode) -> None:
    answer = many(owner, "free", first, to=f"{MANY}?next=https://evil.example&q=light")
    assert answer.request.query_string == b"q=light"
