"""Two who write about one episode at a time: nobody's words are lost in silence."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

MEANWHILE = "Somebody has changed this episode since you opened it."


def opened(desk: Desk, episode: Episode) -> dict[str, str]:
    """The hidden field of a form that is opened now."""
    return {"seen": hidden(desk.get(page_of(episode)).text, "seen")}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_an_old_form_saves_nothing_and_keeps_what_was_typed(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, title="Theirs", **opened(owner, draft))
    answer = save(owner, draft, title="Mine", notes="Long notes", **old).text
    assert MEANWHILE in answer
    assert "now “Theirs”, here “Mine”" in answer
    assert 'value="Mine"' in answer
    assert "Long notes" in answer
    assert (now_is(services, draft).title, now_is(services, draft).notes) == ("Theirs", "")


def test_it_says_who_and_shows_long_texts_whole(
    owner: Desk, hire: Callable[..., Desk], harbour: Show, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(hire("editor", harbour), draft, notes="First line\n\nLast line")
    answer = save(owner, draft, notes="Mine", **old).text
    assert "editor@example.org" in answer
    assert "<pre>First line\n\nLast line</pre>" in answer


def test_pressing_save_again_is_still_no_yes(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, title="Theirs")
    answer = save(owner, draft, title="Mine", **old).text
    save(owner, draft, title="Mine", seen=hidden(answer, "seen"))
    assert now_is(services, draft).title == "Theirs"


def test_it_is_saved_over_where_that_is_said_and_theirs_is_kept(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, title="Theirs")
    over = hidden(save(owner, draft, title="Mine", **old).text, "over")
    answer = save(owner, draft, title="Mine", over=over, **old).text
    assert now_is(services, draft).title == "Mine"
    assert "<del>Theirs</del>" in answer


def test_a_yes_counts_for_the_changes_shown_and_for_no_later_ones(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, title="Theirs")
    over = hidden(save(owner, draft, title="Mine", **old).text, "over")
    save(owner, draft, title="Theirs again")
    assert MEANWHILE in save(owner, draft, title="Mine", over=over, **old).text
    assert now_is(services, draft).title == "Theirs again"


def test_what_both_say_the_same_is_no_clash(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, title="Same")
    save(owner, draft, title="Same", notes="And more", **old)
    assert now_is(services, draft).notes == "And more"


def test_publishing_from_an_old_form_publishes_nothing(
    owner: Desk, services: Services, draft: Episode
) -> None:
    old = opened(owner, draft)
    save(owner, draft, audience="free")
    assert MEANWHILE in save(owner, draft, act="publish", **old).text
    assert now_is(services, draft).state == "draft"


def test_what_came_out_meanwhile_is_noticed_by_its_time(
    owner: Desk, services: Services, draft: Episode, clock: Clock
) -> None:
    old = opened(owner, draft)
    save(owner, draft, act="publish")
    clock.advance(hours=1)
    assert MEANWHILE in save(owner, draft, publish_at="", title="Mine", **old).text
    assert now_is(services, draft).title == "Tide"


def test_a_form_sent_as_it_was_opened_is_saved(
    owner: Desk, services: Services, first: Episode
) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, first.id)
        row.chapters = [{"startTime": 1.25, "title": "Bell", "img": "https://x.example/b.png"}]
        row.persons = [{"name": "Ada", "role": "guest", "group": "cast", "img": "https://x/y"}]
    at = hidden(owner.get(page_of(first)).text, "publish_at")
    typed = {"guests": "Ada", "chapters": "0:01 Bell", "publish_at": at, "title": "New"}
    save(owner, first, **typed, **opened(owner, first))
    assert now_is(services, first).title == "New"


def test_marks_that_are_nonsense_are_as_none(
    owner: Desk, services: Services, draft: Episode
) -> None:
    for seen in ("[]", "{", '{"title": 1}', "null"):
        save(owner, draft, title=f"With {seen}", seen=seen)
        assert now_is(services, draft).title == f"With {seen}"
