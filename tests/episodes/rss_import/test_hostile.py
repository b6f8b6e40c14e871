"""Feeds that want to do harm are refused with a reason, soon, and in little memory."""

from __future__ import annotations

import contextlib
import dataclasses
import resource
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from episodes.errors import EpisodeError
from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.fetch import Fetcher
from episodes.rss_import.parse import MAX_FEED, parse_feed
from episodes.rss_import.source import source_from
from episodes.rss_import.words import notes_from_html
from tests.episodes.rss_import.conftest import Moving
from tests.foreign_host import ForeignHost
from tests.samples import hostile_feeds as hostile
from tests.samples.feeds.hosts import libsyn


def peak_bytes() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """One that may fetch from this machine and never waits."""
    made = Fetcher(allow_loopback=True, sleep=lambda _seconds: None)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        (hostile.EXTERNAL_ENTITY, "declares entities"),
        (hostile.PARAMETER_ENTITY, "declares entities"),
        (hostile.LAUGHS, "declares entities"),
        (hostile.MANY_ATTRIBUTES, "no podcast feed has"),
        (hostile.WIDE, "more than 10000 items"),
        (hostile.CUT_OFF, "breaks off"),
        (hostile.EMPTY, "not a podcast feed"),
        (hostile.PAGE, "a web page"),
        (hostile.JSON, "not a podcast feed"),
        (hostile.SVG, "not a podcast feed"),
    ],
)
def test_what_is_no_feed_is_refused_with_the_reason(feed: str, reason: str) -> None:
    with pytest.raises(ImportRefused, match=reason):
        parse_feed(feed.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_entities_hide_behind_no_encoding(encoding: str) -> None:
    with pytest.raises(ImportRefused, match="declares entities"):
        parse_feed(hostile.LAUGHS.replace(hostile.HEAD, "").encode(encoding))


@pytest.mark.parametrize("feed", [hostile.DEEP, hostile.EXTERNAL_DTD])
def test_odd_shapes_end_soon(feed: str) -> None:
    before = peak_bytes()
    with contextlib.suppress(ImportRefused):
        parse_feed(feed.encode())
    assert peak_bytes() - before < 200 * 1024 * 1024


@given(st.binary(max_size=300))
@example(b"<:")
@example(b"<item><:/></item>")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b"<rss><channel>", b"<?xml version='1.0' encoding='utf-7'?><rss>"):
        try:
            parse_feed(prefix + data + b"</rss>")
        except ImportRefused:
            continue


@pytest.mark.thorough
@given(st.text(max_size=300))
def test_any_html_becomes_notes_without_scripts(html: str) -> None:
    assert "<script" not in notes_from_html("<script>" + html + "<p>x</p>").lower()


@pytest.mark.thorough
def test_deep_html_becomes_notes_too() -> None:
    assert "words" in notes_from_html(hostile.DEEP_NOTES)


@pytest.mark.thorough
def test_a_bomb_is_put_out_before_it_unfolds(host: ForeignHost, fetcher: Fetcher) -> None:
    data = hostile.bomb(300)
    url = host.put("/feed.xml", data, "application/xml", Content_Encoding="gzip")
    before = peak_bytes()
    with pytest.raises(ImportRefused, match="larger than"):
        fetcher.read(url, limit=MAX_FEED)
    assert peak_bytes() - before < 150 * 1024 * 1024


def test_a_feed_of_50_megabytes_is_refused(host: ForeignHost, fetcher: Fetcher) -> None:
    url = host.put("/feed.xml", b" " * 50 * 1024 * 1024, "application/xml")
    with pytest.raises(ImportRefused, match="larger than 31 MB"):
        fetcher.read(url, limit=MAX_FEED)


def test_redirects_without_end_are_refused(host: ForeignHost, fetcher: Fetcher) -> None:
    host.moved = {"/a": "/b", "/b": "/a"}
    with pytest.raises(ImportRefused, match="redirects without end"):
        fetcher.read(host.url + "/a", limit=100)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/feed.xml",
        "http://localhost:{port}/feed.xml",
        "http://[::1]:{port}/feed.xml",
        "http://[::ffff:127.0.0.1]:{port}/feed.xml",
        "http://2130706433:{port}/feed.xml",
        "http://127.1:{port}/feed.xml",
        "http://0.0.0.0:{port}/feed.xml",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://100.64.0.1/",
    ],
)
def test_our_own_network_is_out_of_reach(host: ForeignHost, url: str) -> None:
    host.put("/feed.xml", "<rss/>", "application/xml")
    outside = Fetcher(sleep=lambda _seconds: None)
    with pytest.raises(ImportRefused, match="private network"):
        outside.read(url.replace("{port}", host.url.rpartition(":")[2]), limit=1000)
    outside.close()
    assert host.asked == []


@pytest.mark.parametrize("inner", ["http://10.0.0.1/x", "http://169.254.169.254/", "http://[::]/"])
def test_nor_does_a_redirect_lead_there(host: ForeignHost, fetcher: Fetcher, inner: str) -> None:
    host.moved = {"/feed.xml": inner}
    with pytest.raises(ImportRefused, match="private network"):
        fetcher.read(host.url + "/feed.xml", limit=1000)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.org/a", "gopher://x/", "javascript:alert(1)", "data:,x",
     "http://", "http:///x", "http://[bad", "http://a:99999/", "//x"],
)  # fmt: skip
def test_only_the_web_can_be_asked(url: str, fetcher: Fetcher) -> None:
    with pytest.raises(ImportRefused):
        fetcher.read(url, limit=1000)


def test_a_redirect_to_a_file_is_refused(host: ForeignHost, fetcher: Fetcher) -> None:
    host.moved = {"/feed.xml": "file:///etc/passwd"}
    with pytest.raises(EpisodeError):
        fetcher.read(host.url + "/feed.xml", limit=1000)


@pytest.mark.parametrize(
    "inner", ["http://10.0.0.1/a.mp3", "file:///etc/passwd", "http://169.254.169.254/a.mp3"]
)
def test_an_item_cannot_point_into_our_network(moving: Moving, inner: str) -> None:
    url = moving.host.put("/feed.xml", hostile.with_item(inner), "application/rss+xml")
    moving.move(url)
    assert moving.episodes() == []
    [item] = moving.items()
    assert item.state in {"unusable", "refused"}
    assert item.reason


def test_a_file_of_10_gigabytes_is_refused_by_its_length(moving: Moving) -> None:
    feed = hostile.with_item(moving.host.url + "/a.mp3", length="10")
    moving.host.put("/a.mp3", b"x" * 1000, "audio/mpeg", Content_Length=str(10 * 10**9))
    moving.move(moving.host.put("/feed.xml", feed, "application/rss+xml"))
    [item] = moving.items()
    assert item.state == "refused"
    assert "10000 MB; this server takes" in item.reason


def test_and_one_that_does_not_say_by_what_comes(moving: Moving) -> None:
    small = dataclasses.replace(moving.desk, max_bytes=10_000)
    moving.desk = small
    url = moving.serve(libsyn(moving.host.url))
    moving.move(url)
    assert moving.episodes() == []
    assert {item.state for item in moving.items()} == {"refused"}


def test_a_trickle_is_given_up(
    host: ForeignHost, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.put("/slow.mp3", b"x" * 200_000, "audio/mpeg")
    host.manners.slow = 0.05
    monkeypatch.setattr("episodes.rss_import.fetch.PATIENCE", 0.2)
    monkeypatch.setattr("episodes.rss_import.fetch.SLOWEST", 10**9)
    begun = time.monotonic()
    with pytest.raises(EpisodeError, match="too slowly"):
        fetcher.read(host.url + "/slow.mp3", limit=10**6)
    assert time.monotonic() - begun < 30


def test_pages_in_a_circle_end(moving: Moving) -> None:
    link = '<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="/feed.xml"/>'
    feed = hostile.with_item(moving.host.url + "/a.mp3").replace("<item>", link + "<item>", 1)
    moving.look(moving.host.put("/feed.xml", feed, "application/rss+xml"))
    assert len(moving.items()) == 1


def test_two_items_with_one_guid_are_told_apart_beforehand(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    doubled = sample.xml.replace(sample.guids[1], sample.guids[0])
    url = moving.serve(sample)
    moving.host.put(sample.path, doubled, sample.mime)
    moving.move(url)
    assert [item.state for item in moving.items()] == ["copied", "unusable", "copied"]
    assert moving.items()[1].reason == "another item has the same guid"


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("feed://example.org/x", "https://example.org/x"),
        ("pcast://example.org/x", "https://example.org/x"),
        ("feed:https://example.org/x", "https://example.org/x"),
        ("example.org/feed", "https://example.org/feed"),
        (" https://example.org/feed?auth=1#top ", "https://example.org/feed?auth=1"),
    ],
)
def test_addresses_are_understood_as_people_paste_them(pasted: str, meant: str) -> None:
    assert source_from(pasted).url == meant


def test_a_name_and_password_inside_the_address_are_taken_out_of_it() -> None:
    source = source_from("https://ada:p%40ss@example.org/feed")
    assert (source.url, source.name, source.password) == ("https://example.org/feed", "ada", "p@ss")
