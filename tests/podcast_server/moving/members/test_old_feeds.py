"""Feed addresses of another host lead to the member's own feed; nobody can guess or read them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Map

from feeds.delivery.door import fast_lane
from feeds.delivery.lane import Lane
from feeds.private_feeds import feed_url, find_feed
from podcast_server.app import create_app
from podcast_server.moving.members.errors import MappingRefused
from podcast_server.moving.members.models import ImportedRow, MovedPath
from podcast_server.moving.members.paths import (
    PATH_SECRET,
    hash_path,
    keep_public_path,
    old_path,
    where_to,
)
from podcast_server.services import Services
from tests.conftest import KEY, PUBLIC_URL, Clock
from tests.podcast_server.billing.shop import Shop
from tests.podcast_server.moving.members import conftest
from tests.podcast_server.moving.members.conftest import Mover, sample, table

EMAIL = "ada@example.org"
Feed = Callable[[str], str]


@pytest.fixture
def mover(shop: Shop, services: Services, monkeypatch: pytest.MonkeyPatch) -> Mover:
    monkeypatch.setattr(conftest, "SECRET", services.tokens.derive(PATH_SECRET))
    return Mover(shop)


@pytest.fixture
def feed_of(mover: Mover, services: Services) -> Feed:
    """The address of somebody's feed."""

    def address(email: str) -> str:
        member = mover.shop.member(email)
        assert member is not None
        with mover.shop.session() as session:
            feed = find_feed(session, member.id, mover.shop.show.id)
            assert feed is not None
            return feed_url(services.tokens, PUBLIC_URL, feed)

    return address


def row(cell: str, email: str = EMAIL) -> bytes:
    return table(f"{email},{cell}", header="email,old feed")


def test_an_old_address_leads_to_the_members_own_feed(
    mover: Mover, client: FlaskClient, feed_of: Feed
) -> None:
    mover.bring(sample("supercast"))
    answer = client.get("/feeds/xTk9QzPw2LmN")
    assert (answer.status_code, answer.headers["Location"]) == (301, feed_of(EMAIL))
    other = client.head("/feeds/Rv3HbYc8JsDa")
    assert other.headers["Location"] == feed_of("grete@example.org")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_whoever_follows_gets_a_feed(mover: Mover, client: FlaskClient) -> None:
    mover.bring(sample("supercast"))
    moved = client.get("/feeds/xTk9QzPw2LmN").headers["Location"]
    answer = client.get(moved.removeprefix(PUBLIC_URL))
    assert answer.status_code == 200
    assert answer.mimetype == "application/rss+xml"


@pytest.mark.parametrize(
    ("cell", "asked"),
    [
        ("/rss/harbour?auth=s3cr3t", "/rss/harbour?auth=s3cr3t"),
        (
            "https://www.example.com/rss/harbour?auth=s3cr3t&show=7",
            "/rss/harbour?show=7&auth=s3cr3t",
        ),
        ("/rss/harbour?auth=s3cr3t", "/rss/harbour?auth=s3cr3t&utm_source=app"),
        ("/feed/abc123", "/feed/abc123/"),
        ("/feed/abc123/", "/feed/abc123"),
        ("/feed/abc123", "/feed/abc123?_ts=1"),
        ("/feed/J%C3%BCrgen", "/feed/Jürgen"),
        ("HTTPS://Feeds.Example.com/feed/abc", "/feed/abc"),
    ],
)
def test_the_ways_to_write_an_address_are_one(
    mover: Mover, client: FlaskClient, feed_of: Feed, cell: str, asked: str
) -> None:
    mover.bring(row(cell))
    assert client.get(asked).headers.get("Location") == feed_of(EMAIL)


@pytest.mark.parametrize(
    "asked",
    [
        "/rss/harbour",
        "/rss/harbour?auth=",
        "/rss/harbour?auth=S3CR3T",
        "/rss/harbour?auth=s3cr3tt",
        "/rss/other?auth=s3cr3t",
        "/RSS/harbour?auth=s3cr3t",
    ],
)
def test_what_is_only_nearly_right_is_not_found(
    mover: Mover, client: FlaskClient, asked: str
) -> None:
    mover.bring(row("/rss/harbour?auth=s3cr3t"))
    assert client.get(asked).status_code == 404


def test_bare_tokens_are_put_where_they_stood(
    mover: Mover, client: FlaskClient, feed_of: Feed
) -> None:
    mover.bring(row("abc123"), replace(mover.choices, old_path="/private/{}/podcast.rss"))
    assert client.get("/private/abc123/podcast.rss").headers["Location"] == feed_of(EMAIL)


def test_of_an_old_address_only_a_keyed_hash_is_kept(mover: Mover) -> None:
    number = mover.bring(row("/feed/abc123"))
    with mover.shop.session() as session:
        [kept] = session.query(MovedPath).all()
        texts = [
            str(value)
            for model in (MovedPath, ImportedRow)
            for each in session.query(model)
            for value in vars(each).values()
        ]
    assert not any("abc123" in text for text in texts)
    assert kept.path_hash != hash_path(b"another key", "/feed/abc123")
    assert mover.row(number, EMAIL).old_path_hash == kept.path_hash


@pytest.mark.parametrize("path", ["/", "/sign-in", "/studio", "/shows/show-none", "/f/abc"])
def test_pages_of_ours_are_never_shadowed(mover: Mover, client: FlaskClient, path: str) -> None:
    before = client.get(path).status_code
    mover.bring(row(f"{path}?old" if path == "/" else path))
    answer = client.get(path)
    assert answer.status_code == before
    assert "/f/p" not in answer.headers.get("Location", "")


def test_no_route_of_ours_takes_all_paths(app: Flask) -> None:
    """A catch-all would hide old addresses, and they it."""
    adapter = app.url_map.bind("podcast.test")
    assert isinstance(app.url_map, Map)
    for path in ("/feed/abc", "/rss/abc", "/feeds/abc.xml", "/abc/def/ghi"):
        assert not adapter.test(path)


def test_guessing_is_slowed_down_and_a_right_address_never(
    mover: Mover, client: FlaskClient, services: Services
) -> None:
    mover.bring(row("/feed/abc123"))
    limit = services.settings.feeds.guesses_per_minute
    codes = [client.get(f"/feed/guess{n}").status_code for n in range(limit + 3)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert int(client.get("/feed/other").headers["Retry-After"]) > 0
    assert client.get("/feed/abc123").status_code == 301


def test_all_addresses_of_one_ipv6_network_guess_together(
    mover: Mover, client: FlaskClient, services: Services
) -> None:
    mover.bring(row("/feed/abc123"))
    limit = services.settings.feeds.guesses_per_minute
    codes = [
        client.get(
            f"/feed/guess{n}", environ_base={"REMOTE_ADDR": f"2001:db8:1:2::{n + 1:x}"}
        ).status_code
        for n in range(limit + 3)
    ]
    assert codes[-1] == 429


def test_only_reading_is_answered(mover: Mover, client: FlaskClient) -> None:
    mover.bring(row("/feed/abc123"))
    assert client.post("/feed/abc123").status_code in {400, 404}


def test_a_reset_feed_is_not_found_again_by_its_old_address(
    mover: Mover, client: FlaskClient, feed_of: Feed
) -> None:
    """Whoever has the old address must not learn the new one that was made because of them."""
    from datetime import timedelta

    from feeds.grants import Cause
    from feeds.private_feeds import replace_feed

    mover.bring(row("/feed/abc123"))
    before = feed_of(EMAIL)
    with mover.shop.session() as session:
        member = mover.shop.member(EMAIL)
        assert member is not None
        feed = find_feed(session, member.id, mover.shop.show.id)
        assert feed is not None
        replace_feed(
            session,
            feed,
            signing_key=KEY.id,
            notice=timedelta(days=1),
            cause=Cause("test"),
            now=mover.shop.now,
        )
    assert client.get("/feed/abc123").headers["Location"] == before != feed_of(EMAIL)


def test_the_first_who_brought_an_address_keeps_it(
    mover: Mover, client: FlaskClient, feed_of: Feed
) -> None:
    mover.bring(row("/feed/abc123"))
    mover.bring(row("/feed/abc123", "eve@example.org"))
    assert client.get("/feed/abc123").headers["Location"] == feed_of(EMAIL)


def test_the_old_public_address_leads_to_the_public_feed(
    mover: Mover, client: FlaskClient, services: Services
) -> None:
    with mover.shop.session() as session:
        secret = services.tokens.derive(PATH_SECRET)
        address = "https://feeds.example.com/harbour"
        keep_public_path(session, secret, mover.shop.show, address, mover.shop.now)
    slug = mover.shop.show.slug
    answer = client.get("/harbour")
    assert answer.headers["Location"] == f"{PUBLIC_URL}/shows/{slug}/feed.xml"
    assert answer.status_code == 301


def test_a_private_address_is_not_made_public(mover: Mover, services: Services) -> None:
    mover.bring(row("/feed/abc123"))
    secret = services.tokens.derive(PATH_SECRET)
    with mover.shop.session() as session, pytest.raises(MappingRefused, match="another feed"):
        keep_public_path(session, secret, mover.shop.show, "/feed/abc123", mover.shop.now)


def test_old_host_names_answer_only_where_feeds_are(
    mover: Mover, services: Services, lane: Lane, clock: Clock, feed_of: Feed
) -> None:
    mover.bring(row("https://feeds.harbour.example/sign-in"))
    site = services.settings.site.model_copy(
        update={"old_hosts": ["feeds.harbour.example"], "public_url": PUBLIC_URL}
    )
    settings = services.settings.model_copy(update={"site": site})
    client = create_app(replace(services, settings=settings), lane, lambda: clock.now).test_client()
    old = "http://feeds.harbour.example"
    assert client.get("/sign-in", base_url=old).headers["Location"] == feed_of(EMAIL)
    assert client.get("/studio", base_url=old).status_code == 404
    assert client.get("/sign-in", base_url=PUBLIC_URL).status_code == 200
    assert client.get("/sign-in", base_url="http://other.example").status_code == 400


def test_under_an_old_name_even_addresses_like_ours_are_old_ones(
    mover: Mover, services: Services, lane: Lane, clock: Clock, feed_of: Feed
) -> None:
    mover.bring(row("https://feeds.harbour.example/f/abc123"))
    site = services.settings.site.model_copy(update={"old_hosts": ["feeds.harbour.example"]})
    settings = services.settings.model_copy(update={"site": site})
    app = create_app(replace(services, settings=settings), lane, lambda: clock.now)
    app.wsgi_app = fast_lane(lane, app.wsgi_app, frozenset(site.old_hosts))  # type: ignore[method-assign, assignment]
    client = app.test_client()
    found = client.get("/f/abc123", base_url="http://feeds.harbour.example")
    assert found.headers["Location"] == feed_of(EMAIL)
    assert client.get("/f/abc123", base_url=PUBLIC_URL).status_code == 404


def test_no_log_holds_an_old_address(
    mover: Mover,
    client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    mover.bring(row("/feed/abc123?auth=s3cr3t"))
    client.get("/feed/abc123?auth=s3cr3t")
    client.get("/feed/abc123?auth=s3cr3x")
    import podcast_server.pages.moved_feeds as door

    def broken(*_args: object) -> str:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(door, "where_to", broken)
    assert client.get("/feed/abc123?auth=s3cr3t").status_code == 500
    assert "the database is away" in caplog.text
    assert "abc123" not in caplog.text
    assert "s3cr3" not in caplog.text


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_address_is_looked_up_without_fault(path: str, query: str) -> None:
    class Nothing:
        def scalars(self, _query: object) -> list[MovedPath]:
            return []

    from feeds.tokens import Tokens

    where = where_to(Nothing(), b"k", Tokens([KEY]), PUBLIC_URL, path, query)  # type: ignore[arg-type]
    assert where is None


@given(st.text(max_size=80))
def test_any_cell_is_an_address_or_refused(cell: str) -> None:
    try:
        spelled = old_path(cell, "/feed/{}")
    except ValueError:
        return
    assert spelled == "" or spelled.startswith("/")
