"""An app that subscribed at the old host goes on here, and nobody has to do anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcast_server.demo.sample import SLUG
from podcast_server.jobs.imports import desk_of
from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.imports import begin_import
from podcast_server.moving.members.targets import Choices
from podcast_server.services import now_utc
from tests.clients.apps import App, GPodder, Newsboat, Podget
from tests.clients.conftest import FREE, MEMBERS, Harbour, Listener

pytestmark = pytest.mark.slow


@pytest.fixture(params=[GPodder, Newsboat, Podget], ids=lambda kind: kind.__name__)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> App:
    made: App = request.param(tmp_path)
    return made


def test_an_app_that_subscribed_at_the_old_host_goes_on_here(
    app: App, harbour: Harbour, listener: Listener
) -> None:
    secret = listener.email.partition("@")[0]
    data = f"email,old feed\n{listener.email},/rss/harbour?auth={secret}&show=7\n".encode()
    services = harbour.services
    with services.sessions.begin() as session:
        choices = Choices(default=f"show:{SLUG}")
        number = begin_import(
            session, data, choices, file_name="members.csv", by="cli", now=now_utc()
        ).id
    carry_on(desk_of(services), number, now_utc())
    app.subscribe(f"{harbour.place.url}/rss/harbour?auth={secret}&show=7")
    assert app.refresh() == ""
    assert app.audio() == FREE | MEMBERS
    assert secret not in harbour.place.log.read_text()
