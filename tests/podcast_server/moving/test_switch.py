"""The check of a switch-over tells what the old host still has to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from episodes.rss_import.fetch import Fetcher
from episodes.rss_import.source import source_from
from podcast_server.moving.switch import Finding, Here, check_switch
from tests.foreign_host import ForeignHost, foreign_host
from tests.samples.feeds.hosts import acast, buzzsprout

OURS = "https://pod.example/shows/harbour/feed.xml"


@pytest.fixture
def host() -> Iterator[ForeignHost]:
    """The old host."""
    with foreign_host() as running:
        yield running


def look(host: ForeignHost, *guids: str, podcast_guid: str = "") -> list[Finding]:
    fetcher = Fetcher(allow_loopback=True, sleep=lambda _seconds: None)
    here = Here(OURS, podcast_guid, frozenset(guids))
    found = check_switch(fetcher, source_from(host.url + "/feed.xml"), here)
    fetcher.close()
    return found


def bad(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if not finding.good]


def test_a_permanent_redirect_is_all_that_is_needed(host: ForeignHost) -> None:
    host.moved = {"/feed.xml": "/old.xml", "/old.xml": OURS}
    [finding] = look(host)
    assert finding.good


def test_a_redirect_to_somewhere_else_is_found(
    host: ForeignHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.moved = {"/feed.xml": "/old.xml", "/old.xml": "/feed.xml"}
    [finding] = look(host)
    assert OURS in finding.advice


def test_a_temporary_redirect_does_not_count(host: ForeignHost) -> None:
    url = host.url
    host.moved = {}
    host.files = {}
    fetcher = Fetcher(allow_loopback=True)
    [finding] = check_switch(
        fetcher, source_from(url + "/hop/1/x"), Here(url + "/x", "", frozenset())
    )
    fetcher.close()
    assert "302" in finding.advice


def test_a_feed_that_stayed_is_compared(host: ForeignHost) -> None:
    sample = acast(host.url)
    host.put("/feed.xml", sample.xml, sample.mime)
    assert bad(look(host, *sample.guids[:2])) == [
        "the old address leads here (301)",
        "every episode of the old feed is here",
        "the old feed names the new one (itunes:new-feed-url)",
        "the old feed is unlocked (podcast:locked)",
    ]


def test_a_well_prepared_feed_lacks_only_its_redirect(host: ForeignHost) -> None:
    sample = buzzsprout(host.url)
    moved = f"<itunes:new-feed-url>{OURS}</itunes:new-feed-url></channel>"
    host.put("/feed.xml", sample.xml.replace("</channel>", moved), sample.mime)
    findings = look(host, *sample.guids, podcast_guid=sample.podcast_guid)
    assert bad(findings) == ["the old address leads here (301)"]


def test_an_old_host_that_is_gone_is_told(host: ForeignHost) -> None:
    assert bad(look(host)) == ["the old feed can be read"]
