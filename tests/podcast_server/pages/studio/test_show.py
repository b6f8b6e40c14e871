"""Making and describing a show."""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy import select

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk

WORDS = {
    "title": "Harbour Notes",
    "language": "fr",
    "time_zone": "Europe/Paris",
    "type": "serial",
    "public_feed": "hidden",
}


def test_a_show_needs_little_to_begin(owner: Desk, services: Services) -> None:
    fields = {"title": "Quiet Coast", "language": "en", "time_zone": "UTC"}
    answer = owner.send("/studio/shows/new", **fields)
    assert answer.request.path == "/studio/shows/quiet-coast/artwork"
    with services.sessions() as session:
        assert session.scalars(select(Show)).one().title == "Quiet Coast"


def test_two_shows_of_one_name_are_told_apart(owner: Desk, harbour: Show) -> None:
    answer = owner.send("/studio/shows/new", title="Harbour", language="en", time_zone="UTC")
    assert "There is already a show" in answer.text


def test_settings_are_saved(owner: Desk, services: Services, harbour: Show) -> None:
    more = {
        "persons-0-name": "Marit",
        "persons-1-name": "Tam",
        "category1": "Arts/Books",
        "archive_after_days": "30",
        "preview_minutes": "3",
    }
    owner.send("/studio/shows/harbour/settings", **WORDS, **more)
    with services.sessions() as session:
        show = session.get_one(Show, harbour.id)
    assert [person["name"] for person in show.persons] == ["Marit", "Tam"]
    assert show.categories == [["Arts", "Books"]]
    assert (show.type, show.public_feed, show.archive_after_days) == ("serial", "hidden", 30)
    assert show.preview_minutes == 3


def test_a_category_that_apple_does_not_know_is_refused(
    owner: Desk, services: Services, harbour: Show
) -> None:
    owner.send("/studio/shows/harbour/settings", **WORDS, category1="Arts/Nonsense")
    with services.sessions() as session:
        assert session.get_one(Show, harbour.id).categories == harbour.categories


def test_the_square_somebody_draws_is_the_one_that_is_cut(
    owner: Desk, services: Services, harbour: Show
) -> None:
    picture = Image.new("RGB", (3000, 1500), "white")
    picture.paste("red", (1500, 0, 3000, 1500))
    sent = io.BytesIO()
    picture.save(sent, "PNG")
    form = {
        "csrf_token": owner.token(),
        "picture": (io.BytesIO(sent.getvalue()), "wide.png"),
        "left": "0.5",
        "top": "0",
        "side": "0.5",
    }
    owner.client.post("/studio/shows/harbour/artwork", data=form, follow_redirects=True)
    with services.sessions() as session:
        key = session.get_one(Show, harbour.id).artwork_key
    assert key
    with services.storage.open(key) as reader:
        cover = Image.open(io.BytesIO(reader.read(10**7)))
    assert cover.size == (1500, 1500)
    assert cover.getpixel((10, 10)) == (254, 0, 0) or cover.getpixel((10, 10))[0] > 240  # type: ignore[index]


def test_a_small_picture_is_refused_with_its_size(owner: Desk, harbour: Show) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (300, 300)).save(sent, "PNG")
    form = {"csrf_token": owner.token(), "picture": (io.BytesIO(sent.getvalue()), "a.png")}
    answer = owner.client.post("/studio/shows/harbour/artwork", data=form)
    assert "300 × 300" in answer.text


def test_what_is_left_to_do_is_named_until_it_is_done(
    owner: Desk, services: Services, first: Episode
) -> None:
    page = owner.get("/studio/shows/harbour").text
    assert "4 things are left to do" in page  # artwork, a plan, payments, mail
    with services.sessions.begin() as session:
        session.get_one(Show, first.show_id).artwork_key = "shows/1/a.jpg"
    assert "3 things are left to do" in owner.get("/studio/shows/harbour").text
