"""Bringing a show over in the studio: look, decide, watch, and go on."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show
from episodes.rss_import.desk import Desk as ImportDesk
from podcast_server.jobs.feed_imports import open_desk, work_off_imports
from podcast_server.pages.studio.bring import views
from podcast_server.services import Services
from tests.conftest import PUBLIC_URL
from tests.foreign_host import ForeignHost, foreign_host
from tests.podcast_server.pages.studio.conftest import Desk
from tests.samples.feeds.hosts import acast, substack

AUDIO = sorted((Path(__file__).parents[4] / "podcast_server" / "demo" / "audio").glob("*.mp3"))


@pytest.fixture
def host() -> Iterator[ForeignHost]:
    """The host that the show leaves, with a feed at /feed.xml."""
    with foreign_host() as running:
        sample = acast(running.url)
        for path, file in zip(sample.audio, AUDIO[:3], strict=True):
            running.put(path, file.read_bytes(), "audio/mpeg")
        running.put("/feed.xml", sample.xml, sample.mime)
        yield running


@pytest.fixture
def job(services: Services) -> Callable[[], int]:
    """What the worker does every few seconds; here it may fetch from this machine."""
    desk: ImportDesk = dataclasses.replace(open_desk(services), allow_loopback=True)
    return lambda: work_off_imports(services, desk)


def look(owner: Desk, job: Callable[[], int], address: str, **more: str) -> str:
    """Ask for a feed; the address of its page."""
    page = owner.send("/studio/bring", address=address, into="", **more)
    job()
    return page.request.path


def titles(services: Services) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(Episode.title).order_by(Episode.publish_at)))


@pytest.mark.thorough
def test_a_show_is_looked_at_and_then_comes(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    shown = owner.get(page).text
    assert "Harbour Notes" in shown
    assert "3 episodes would come." in shown
    assert "locked" in shown
    assert titles(services) == []
    owner.send(page + "/start", audience="members", mine="y")
    job()
    assert "3 episodes came." in owner.get(page).text
    assert titles(services) == ["Leaving Harbour", "Ropes & Knots", "The Storm"]


def test_nothing_comes_before_somebody_says_that_it_is_theirs(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    assert "Say that the show is yours first." in owner.send(page + "/start", audience="free").text
    job()
    assert titles(services) == []


@pytest.mark.thorough
def test_episodes_come_for_those_that_were_chosen(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    owner.send(page + "/start", audience="free", mine="y")
    job()
    with services.sessions() as session:
        assert set(session.scalars(select(Episode.audience))) == {"free"}


@pytest.mark.thorough
def test_a_file_is_taken_too(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    file = (io.BytesIO(acast(host.url).xml.encode()), "feed.xml")
    form = {"csrf_token": owner.token(), "file": file, "into": ""}
    page = owner.client.post("/studio/bring", data=form, follow_redirects=True).request.path
    job()
    owner.send(page + "/start", audience="members", mine="y")
    job()
    assert len(titles(services)) == 3


def test_items_that_cannot_come_say_why(
    owner: Desk, host: ForeignHost, job: Callable[[], int]
) -> None:
    host.put("/feed.xml", substack(host.url).xml, "application/rss+xml")
    shown = owner.get(look(owner, job, host.url + "/feed.xml")).text
    assert "there is no audio in this item" in shown
    assert "cannot come" in shown


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("", "Paste the feed’s address"),
        ("javascript:alert(1)", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
    ],
)
def test_what_is_no_address_is_told_at_the_field(owner: Desk, address: str, answer: str) -> None:
    assert answer in owner.send("/studio/bring", address=address, into="").text


def test_a_host_inside_our_network_is_refused_on_the_page(
    owner: Desk, services: Services, host: ForeignHost
) -> None:
    page = owner.send("/studio/bring", address=host.url + "/feed.xml", into="").request.path
    work_off_imports(services, open_desk(services))
    assert "private network" in owner.get(page).text
    assert host.asked == []


def test_a_feeds_token_is_shown_nowhere(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml?auth=geheim")
    log = owner.get("/studio/people/log").text
    assert "geheim" not in owner.get(page).text + owner.get("/studio/bring").text + log
    assert "127.0.0.1" in log


@pytest.mark.thorough
def test_an_import_is_paused_and_gone_on_with_and_forgotten(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    owner.send(page + "/start", audience="members", mine="y")
    assert "It stops after the files in hand." in owner.send(page + "/pause").text
    job()
    assert titles(services) == []
    owner.send(page + "/resume")
    job()
    assert len(titles(services)) == 3
    assert "Forgotten." in owner.send(page + "/forget").text
    assert owner.get(page).status_code == 404
    assert len(titles(services)) == 3


def test_titles_of_strangers_run_no_script(
    owner: Desk, host: ForeignHost, job: Callable[[], int]
) -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;"
    xml = acast(host.url).xml.replace("The Storm", evil).replace("Harbour Notes", evil)
    host.put("/feed.xml", xml, "application/rss+xml")
    shown = owner.get(look(owner, job, host.url + "/feed.xml")).text
    assert not re.search(r"<script>alert", shown)


@pytest.mark.thorough
def test_episodes_go_into_the_show_that_was_chosen(
    owner: Desk, harbour: Show, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = owner.send("/studio/bring", address=host.url + "/feed.xml", into="harbour").request.path
    job()
    owner.send(page + "/start", audience="members", mine="y")
    job()
    with services.sessions() as session:
        assert set(session.scalars(select(Episode.show_id))) == {harbour.id}


def test_editors_do_not_bring_shows(hire: Callable[..., Desk], harbour: Show) -> None:
    assert hire("editor", harbour).get("/studio/bring").status_code == 403


@pytest.mark.thorough
def test_the_switch_is_checked(
    owner: Desk,
    services: Services,
    host: ForeignHost,
    job: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    assert owner.send(page + "/check").status_code == 404
    owner.send(page + "/start", audience="members", mine="y")
    job()
    desk = dataclasses.replace(open_desk(services), allow_loopback=True)
    monkeypatch.setattr(views, "open_desk", lambda _services: desk)
    told = owner.send(page + "/check").text
    assert "Not everybody is sent here yet." in told
    assert "Every episode of the old feed is here" in told
    host.moved["/feed.xml"] = f"{PUBLIC_URL}/shows/harbour-notes/feed.xml"
    assert "Everybody is sent here." in owner.send(page + "/check").text


@pytest.mark.thorough
def test_a_check_of_a_host_in_our_network_is_refused(
    owner: Desk, services: Services, host: ForeignHost, job: Callable[[], int]
) -> None:
    page = look(owner, job, host.url + "/feed.xml")
    owner.send(page + "/start", audience="members", mine="y")
    job()
    host.asked.clear()
    assert "private network" in owner.send(page + "/check").text
    assert host.asked == []
