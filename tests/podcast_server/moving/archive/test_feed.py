"""The feed in an archive: all that is out, for another host or a plain web server."""

from __future__ import annotations

import io
import re
import tarfile
from datetime import timedelta

import feedparser
import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.moving.archive.export import Export, Wanted
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import NOW, PUBLIC_URL


def files_of(services: Services, wanted: Wanted) -> dict[str, bytes]:
    made = b"".join(Export(services, wanted, NOW).stream())
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


@pytest.mark.parametrize("feeds_at", ["", "https://example.org/secret-place/"])
def test_every_address_in_the_feed_leads_to_a_file_of_the_archive(
    old: Services, show: Show, feeds_at: str
) -> None:
    files = files_of(old, Wanted(feeds_at=feeds_at))
    folder = f"shows/{show.slug}/"
    base = f"https://example.org/secret-place/{folder}" if feeds_at else ""
    text = files[f"{folder}feed.xml"].decode()
    addresses = [
        each
        for each in re.findall(r'(?:url|href)="([^"]+)"', text)
        if not each.startswith(PUBLIC_URL)  # pages of the server it came from
    ]
    assert all(each.startswith(base) for each in addresses)
    named = {folder + each.removeprefix(base) for each in addresses}
    assert named <= files.keys()
    for end in ("/audio.mp3", "/artwork.jpg", "/artwork.png", "/chapters.json", ".vtt"):
        assert any(each.endswith(end) for each in named), end


def test_it_has_all_that_is_out_whoever_may_hear_it_and_nothing_else(
    old: Services, session: Session, show: Show
) -> None:
    build_episode(session, old.storage, show, NOW, title="Sold", audience="sale")
    build_episode(session, old.storage, show, NOW, title="Later", at=NOW + timedelta(days=1))
    session.commit()
    feed = feedparser.parse(files_of(old, Wanted())[f"shows/{show.slug}/feed.xml"])
    titles = {entry.title for entry in feed.entries}
    assert {"Rich", "Sold"} <= titles
    assert not {"Draft", "Later"} & titles
    assert all(entry.enclosures for entry in feed.entries)


def test_it_is_a_public_feed_that_another_host_may_take_in(old: Services, show: Show) -> None:
    text = files_of(old, Wanted())[f"shows/{show.slug}/feed.xml"].decode()
    assert f"<podcast:guid>{show.podcast_guid}</podcast:guid>" in text
    assert "<podcast:locked" not in text or ">no</podcast:locked>" in text
    assert "itunes:block" not in text
    assert "/report/" not in text
    assert "/m/" not in text
