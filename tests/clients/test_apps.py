"""Podcast clients that were not written here follow a member through joining and leaving."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.apps import App, GPodder, Newsboat, Podget
from tests.clients.conftest import FREE, MEMBERS, Listener

pytestmark = pytest.mark.slow


@pytest.fixture(params=[GPodder, Newsboat, Podget], ids=lambda kind: kind.__name__)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> App:
    made: App = request.param(tmp_path)
    return made


def test_a_member_downloads_every_episode_byte_for_byte(app: App, listener: Listener) -> None:
    app.subscribe(listener.join())
    assert app.refresh() == ""
    assert app.audio() == FREE | MEMBERS


def test_a_lapsed_member_is_told_so_and_gets_the_free_episodes_without_an_error(
    app: App, listener: Listener
) -> None:
    app.subscribe(listener.join())
    listener.lapse()
    assert app.refresh() == ""
    assert app.audio() == FREE
    if app.shows_entries:
        assert "Your membership of Field Notes from the Harbour has ended" in app.titles()


def test_a_returning_member_gets_the_rest_on_the_same_subscription(
    app: App, listener: Listener
) -> None:
    address = listener.join()
    listener.lapse()
    app.subscribe(address)
    assert app.refresh() == ""
    assert app.audio() == FREE
    assert listener.join() == address
    assert app.refresh() == ""
    if app.fetches_news_only:
        assert "How to read the tide" in app.titles()
        assert app.audio() > FREE
    else:
        assert app.audio() == FREE | MEMBERS


def test_a_replaced_address_says_so_and_the_new_one_works(app: App, listener: Listener) -> None:
    old = listener.join()
    new = listener.reset()
    app.subscribe(old)
    # podget counts a feed without any audio as failed, and tries again the next time.
    assert set(app.refresh().splitlines()) <= {old}
    assert app.audio() == set()
    if app.shows_entries:
        assert app.titles() == {"This link to Field Notes from the Harbour was replaced"}
    app.subscribe(new)
    assert set(app.refresh().splitlines()) <= {old}
    assert app.audio() == FREE | MEMBERS
