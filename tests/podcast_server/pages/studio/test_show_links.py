"""Where a show is elsewhere, where to give, and how apps will show it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.builders import build_episode
from tests.podcast_server.pages.studio.conftest import Desk
from tests.podcast_server.pages.studio.test_show import WORDS

SETTINGS = "/studio/shows/harbour/settings"
MASTODON = {"links-0-text": "Mastodon", "links-0-url": "https://sea.example/@harbour"}


def show_now(services: Services, show: Show) -> Show:
    with services.sessions() as session:
        return session.get_one(Show, show.id)


def test_where_to_give_is_told_to_apps_and_visitors(
    owner: Desk, services: Services, harbour: Show
) -> None:
    more = {"funding_url": "https://give.example/harbour", "funding_text": "Buy us a coffee"}
    owner.send(SETTINGS, **WORDS, **more)
    feed = owner.get("/shows/harbour/feed.xml").text
    funding = '<podcast:funding url="https://give.example/harbour">Buy us a coffee<'
    assert funding in feed
    page = owner.get("/shows/harbour").text
    assert 'href="https://give.example/harbour"' in page
    assert "Buy us a coffee" in page


def test_without_it_apps_lead_to_the_show_s_page(owner: Desk, harbour: Show) -> None:
    feed = owner.get("/shows/harbour/feed.xml").text
    assert '<podcast:funding url="http://podcast.test/shows/harbour">Harbour Notes<' in feed


def test_places_elsewhere_are_on_the_show_s_page_and_there_is_room_for_one_more(
    owner: Desk, services: Services, harbour: Show
) -> None:
    more = MASTODON | {"links-1-url": "https://www.video.example/harbour"}
    page = owner.send(SETTINGS, **WORDS, **more).text
    assert show_now(services, harbour).links == [
        {"text": "Mastodon", "url": "https://sea.example/@harbour"},
        {"text": "video.example", "url": "https://www.video.example/harbour"},
    ]
    assert 'name="links-2-url"' in page
    public = owner.get("/shows/harbour").text
    assert '<a href="https://sea.example/@harbour" rel="me noopener">Mastodon</a>' in public


def test_a_place_without_an_address_goes(owner: Desk, services: Services, harbour: Show) -> None:
    owner.send(SETTINGS, **WORDS, **MASTODON)
    owner.send(SETTINGS, **WORDS, **(MASTODON | {"links-0-url": ""}))
    assert show_now(services, harbour).links == []


@pytest.mark.parametrize("field", ["funding_url", "links-0-url"])
@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@example.org", "//x.example"])
def test_only_the_web_is_linked_to(
    owner: Desk, services: Services, harbour: Show, field: str, link: str
) -> None:
    assert "Must be a web address" in owner.send(SETTINGS, **WORDS, **{field: link}).text
    kept = show_now(services, harbour)
    assert (kept.funding_url, kept.links) == ("", [])


@pytest.fixture
def open_one(services: Services, harbour: Show, now: datetime) -> Episode:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        at = now - timedelta(days=2)
        return build_episode(
            session, services.storage, show, now, at=at, title="Open sea", audience="free"
        )


def listed(page: str, kind: str) -> str:
    found = re.search(rf'<ol class="app-episodes {kind}">(.*?)</ol>', page, re.DOTALL)
    assert found
    return found[1]


def test_apps_show_everybody_a_teaser_of_what_members_hear(
    owner: Desk, first: Episode, open_one: Episode
) -> None:
    page = owner.get(SETTINGS).text
    everybody, members = listed(page, "for-everybody"), listed(page, "for-members")
    assert everybody.count("<li") == members.count("<li") == 2
    assert re.search(r"<li data-teaser>.*First light.*for members", everybody)
    assert "for members" not in members


def test_where_the_public_feed_hides_members_episodes_so_does_the_app(
    owner: Desk, services: Services, first: Episode, open_one: Episode
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Show, first.show_id).public_feed = "hidden"
    everybody = listed(owner.get(SETTINGS).text, "for-everybody")
    assert re.search(r"<li data-teaser hidden>.*First light", everybody)
    assert "Open sea" in everybody
