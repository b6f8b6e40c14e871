"""Hosts and guests: names, roles, links and pictures, in forms, feeds and pages."""

from __future__ import annotations

import io
from typing import Any, cast

import pytest
from PIL import Image

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk
from tests.podcast_server.pages.studio.test_show import WORDS

SETTINGS = "/studio/shows/harbour/settings"
ADA = {
    "persons-0-name": "Ada",
    "persons-0-role": "sound designer",
    "persons-0-href": "https://ada.example",
}


def picture(side: int = 400) -> io.BytesIO:
    sent = io.BytesIO()
    Image.new("RGB", (side, side * 2), "teal").save(sent, "PNG")
    sent.seek(0)
    return sent


def page_of(episode: Episode) -> str:
    return f"/studio/shows/harbour/episodes/{episode.key}"


def send(desk: Desk, path: str, **fields: Any) -> str:
    data = {"csrf_token": desk.token(), **fields}
    return desk.client.post(path, data=data, follow_redirects=True).text


def save(desk: Desk, episode: Episode, **fields: Any) -> str:
    words = {"title": episode.title, "type": "full", "audience": "free", "explicit": ""}
    return send(desk, page_of(episode), **(words | fields))


def persons_of(services: Services, thing: Episode | Show) -> list[dict[str, Any]]:
    with services.sessions() as session:
        row = cast(Episode | Show, session.get_one(type(thing), thing.id))
        return list(row.persons)


def test_a_guest_has_a_role_of_the_taxonomy_and_a_link(
    owner: Desk, services: Services, first: Episode
) -> None:
    save(owner, first, **ADA)
    assert persons_of(services, first) == [
        {
            "name": "Ada",
            "role": "sound designer",
            "group": "audio post-production",
            "href": "https://ada.example",
        }
    ]


def test_there_is_always_room_for_one_more(owner: Desk, first: Episode) -> None:
    assert 'name="persons-0-name"' in owner.get(page_of(first)).text
    assert 'name="persons-1-name"' in save(owner, first, **ADA)


def test_a_picture_sent_along_is_kept_square_and_reaches_feed_and_page(
    owner: Desk, services: Services, first: Episode
) -> None:
    save(owner, first, **ADA, **{"persons-0-file": (picture(), "ada.png")})
    [ada] = persons_of(services, first)
    with services.storage.open(ada["img"]) as reader:
        assert Image.open(io.BytesIO(reader.read())).size == (400, 400)
    name = ada["img"].removeprefix("shows/")
    feed = owner.get("/shows/harbour/feed.xml").text
    assert f'img="http://podcast.test/art/{name}"' in feed
    assert 'href="https://ada.example"' in feed
    assert owner.get(f"/art/{name}").status_code == 200
    page = owner.get(f"/shows/harbour/{first.key}").text
    assert f"/covers/192/{name}" in page
    assert "Sound Designer" in page
    assert owner.get(f"/covers/192/{name}").status_code == 200


def test_a_picture_stays_until_it_is_taken_away(
    owner: Desk, services: Services, first: Episode
) -> None:
    save(owner, first, **ADA, **{"persons-0-file": (picture(), "ada.png")})
    kept = {"persons-0-kept": persons_of(services, first)[0]["img"]}
    save(owner, first, **ADA, **kept)
    assert persons_of(services, first)[0]["img"] == kept["persons-0-kept"]
    save(owner, first, **ADA, **kept, **{"persons-0-no_picture": "y"})
    assert "img" not in persons_of(services, first)[0]


def test_a_small_picture_is_refused_beside_its_field_and_nothing_is_saved(
    owner: Desk, services: Services, first: Episode
) -> None:
    page = save(owner, first, **ADA, **{"persons-0-file": (picture(90), "ada.png")})
    assert "it needs at least 150 × 150" in page
    assert persons_of(services, first) == []


@pytest.mark.parametrize("field", ["href", "address"])
@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@example.org", "ada.png"])
def test_a_link_that_apps_cannot_follow_is_refused(
    owner: Desk, services: Services, first: Episode, field: str, link: str
) -> None:
    page = save(owner, first, **(ADA | {f"persons-0-{field}": link}))
    assert "Must be a web address" in page
    assert persons_of(services, first) == []


@pytest.mark.parametrize("key", ["shows/999/picture-" + "0" * 32 + ".jpg", "keys/signing.json"])
def test_only_a_picture_of_this_show_can_be_kept(
    owner: Desk, services: Services, first: Episode, key: str
) -> None:
    save(owner, first, **ADA, **{"persons-0-kept": key})
    assert "img" not in persons_of(services, first)[0]


def test_a_picture_elsewhere_is_let_into_that_page_from_there_alone(
    owner: Desk, first: Episode
) -> None:
    save(owner, first, **ADA, **{"persons-0-address": "https://pics.example/a;script-src *.png"})
    save(owner, first, **ADA, **{"persons-0-address": "https://pics.example/ada.png"})
    page = owner.get(f"/shows/harbour/{first.key}")
    assert "https://pics.example/ada.png" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://pics.example;" in policy
    other = owner.get("/shows/harbour").headers["Content-Security-Policy"]
    assert "pics.example" not in other


def test_a_role_that_the_taxonomy_does_not_know_stays_as_it_was(
    owner: Desk, services: Services, first: Episode
) -> None:
    tam = {"name": "Tam", "role": "ferryman", "group": "crew", "more": "kept"}
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).persons = [tam]
    assert "ferryman" in owner.get(page_of(first)).text
    save(owner, first, **{"persons-0-name": "Tam", "persons-0-role": "ferryman"})
    assert persons_of(services, first) == [tam]


def test_a_host_with_a_picture_is_on_the_show_s_page_and_in_its_feed(
    owner: Desk, services: Services, harbour: Show, first: Episode
) -> None:
    more = {"persons-0-name": "Marit", "persons-0-role": "host"}
    send(owner, SETTINGS, **WORDS, **more, **{"persons-0-file": (picture(), "m.png")})
    [marit] = persons_of(services, harbour)
    name = marit["img"].removeprefix("shows/")
    assert f"/art/{name}" in owner.get("/shows/harbour/feed.xml").text
    assert f"/covers/192/{name}" in owner.get("/shows/harbour").text
