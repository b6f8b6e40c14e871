"""Export → fresh server → export: the same content, and feeds that are the same to the byte."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from episodes.ingest import mentioned_objects
from episodes.models import Episode, Show
from episodes.storage.base import StorageUnavailable
from episodes.storage.memory import MemoryStorage
from feeds.announcements import announcements_of
from feeds.models import PrivateFeed
from feeds.tokens import FEED, Tokens, load_signing_keys
from podcast_server.accounts.models import Member
from podcast_server.backup.seal import plainly
from podcast_server.database import reading
from podcast_server.moving.archive.bring import Imported, import_archive
from podcast_server.moving.archive.export import Export, Wanted, write_file
from podcast_server.moving.archive.kinds import CONTENT, LEFT_OUT, LISTED
from podcast_server.moving.archive.manifest import Manifest
from podcast_server.moving.errors import ArchiveError
from podcast_server.moving.rows import prove
from podcast_server.services import Services
from podcast_server.tables import metadata
from tests.builders import build_episode, build_feed, build_member, build_show
from tests.conftest import KEY, NOW, PUBLIC_URL, People
from tests.podcast_server.conftest import moved
from tests.podcast_server.moving.archive.conftest import OTHER_KEY, serving

pytestmark = pytest.mark.both_databases

EVERYTHING = Wanted(keys=True, hits=True)
Fresh = Callable[..., Services]


def export(services: Services, target: Path, wanted: Wanted = EVERYTHING) -> Manifest:
    made = Export(services, wanted, NOW)
    write_file(made, target, plainly)
    return made.manifest


def bring(services: Services, path: Path, *, shows_only: bool = False) -> Imported:
    return import_archive(services, path, shows_only=shows_only, progress=lambda _: None)


def with_keys(services: Services) -> Services:
    """The server as it is after a restart."""
    return replace(services, tokens=Tokens(load_signing_keys(services.settings.keys_file)))


def test_export_import_export_gives_the_same_files(
    old: Services, fresh: Fresh, tmp_path: Path
) -> None:
    first = export(old, tmp_path / "first.tar")
    new = fresh()
    bring(new, tmp_path / "first.tar")
    second = export(with_keys(new), tmp_path / "second.tar")
    assert second.files == first.files
    assert second.counts == first.counts
    assert min(first.counts.values()) > 0


def test_every_row_comes_over_as_it_was(old: Services, fresh: Fresh, tmp_path: Path) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    bring(new, tmp_path / "a.tar")
    unused = {"audio"}  # a file no episode has any more is left behind
    with old.engine.connect() as before, new.engine.connect() as after:
        for kind in (*CONTENT, *LISTED):
            if kind.table_name not in unused:
                assert prove(before, kind.table) == prove(after, kind.table), kind.table_name
        access = metadata.tables["access"]
        assert prove(before, access).rows > 0


def test_private_feeds_are_the_same_to_the_byte_when_the_keys_come_along(
    old: Services, people: People, show: Show, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    assert bring(new, tmp_path / "a.tar").keys_taken
    with serving(old) as before, serving(with_keys(new)) as after:
        for person in (people.paying, people.lapsed, people.free):
            status, feed = before.get(person.feed)
            assert (status, feed) == after.get(person.feed)
            assert status == 200
        for address in re.findall(
            rb'url="http://podcast\.test(/m/[^"]+)"', before.get(people.paying.feed)[1]
        ):
            assert before.get(address.decode())[0] in {200, 302}
            assert before.get(address.decode()) == after.get(address.decode())
        public = f"/shows/{show.slug}/feed.xml"
        assert before.get(public) == after.get(public)


def test_at_another_address_feeds_differ_in_the_address_alone(
    old: Services, people: People, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    bring(new, tmp_path / "a.tar")
    elsewhere = moved(with_keys(new), "https://elsewhere.example")
    with serving(old) as before, serving(elsewhere) as after:
        _, feed = before.get(people.paying.feed)
        expected = feed.replace(PUBLIC_URL.encode(), b"https://elsewhere.example")
        page = after.client.get(people.paying.feed, base_url="https://elsewhere.example")
        assert page.data == expected != feed


def test_a_file_the_old_server_had_lost_is_named_and_the_rest_comes_over(
    old: Services, fresh: Fresh, tmp_path: Path
) -> None:
    lost = next(each.key for each in old.storage.list() if each.key.endswith(".mp3"))
    old.storage.delete(lost)
    manifest = export(old, tmp_path / "a.tar")
    assert [Path(path).name for path in manifest.missing] == ["audio.mp3"]
    new = fresh()
    assert bring(new, tmp_path / "a.tar").manifest.missing == manifest.missing
    there = {each.key for each in old.storage.list()}
    assert there - {each.key for each in new.storage.list()} <= _unused(old)


def _unused(services: Services) -> set[str]:
    with reading(services.engine) as session:
        return {each.key for each in services.storage.list()} - mentioned_objects(session)


def test_a_storage_that_fails_in_the_middle_leaves_no_archive(
    old: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StorageUnavailable("the S3 server cannot be reached")

    monkeypatch.setattr(MemoryStorage, "open", broken)
    with pytest.raises(StorageUnavailable):
        export(old, tmp_path / "a.tar")
    assert not list(tmp_path.glob("*.tar*"))
    assert not list(tmp_path.glob(".*.unfinished"))
    assert not list(old.settings.data.glob(".archive-*"))


def test_without_keys_feeds_get_new_addresses_and_keep_their_guids(
    old: Services, people: People, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar", Wanted())
    new = fresh()
    done = bring(new, tmp_path / "a.tar")
    with reading(new.engine) as session:
        feeds = session.scalars(select(PrivateFeed)).all()
        assert {feed.signing_key for feed in feeds} == {OTHER_KEY.id}
        assert done.new_addresses == len(feeds)
        assert not done.keys_taken
        mine = next(feed for feed in feeds if feed.id == people.paying.feed_id)
        address = "/f/" + new.tokens.mint(FEED, mine.key, mine.signing_key)
    with serving(old) as before, serving(new) as after:
        assert after.get(people.paying.feed)[0] != 200
        guids = re.findall(rb"<guid[^>]*>([^<]+)<", before.get(people.paying.feed)[1])
        assert guids == re.findall(rb"<guid[^>]*>([^<]+)<", after.get(address)[1])
        assert guids


def test_the_new_server_goes_on_with_numbers_of_its_own(
    old: Services, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    bring(new, tmp_path / "a.tar")
    with new.sessions.begin() as session:
        member = build_member(session, NOW, "later@example.org")
        show = session.scalars(select(Show)).first()
        assert show is not None
        build_feed(session, member, show, NOW, key=KEY.id)


def test_a_server_in_use_is_refused_and_left_alone(
    old: Services, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    with new.sessions.begin() as session:
        build_member(session, NOW, "first@example.org")
    with pytest.raises(ArchiveError, match="not empty"):
        bring(new, tmp_path / "a.tar")
    assert [key.id for key in load_signing_keys(new.settings.keys_file)] == [OTHER_KEY.id]
    assert list(new.storage.list()) == []


def test_a_server_in_use_takes_shows_it_does_not_have(
    old: Services, show: Show, fresh: Fresh, tmp_path: Path
) -> None:
    export(old, tmp_path / "a.tar")
    new = fresh()
    with new.sessions.begin() as session:
        here = build_show(session, NOW)
        build_episode(session, new.storage, here, NOW)
    bring(new, tmp_path / "a.tar", shows_only=True)
    with reading(old.engine) as session:
        wanted = {e.guid: e.title for e in session.scalars(select(Episode))}
    with reading(new.engine) as session:
        show = session.scalars(select(Show).where(Show.slug == show.slug)).one()
        episodes = session.scalars(select(Episode).where(Episode.show_id == show.id)).all()
        assert {e.guid: e.title for e in episodes} == wanted
        rich = next(e for e in episodes if e.title == "Rich")
        assert rich.tier_ids == [show.tiers[0].id]
        assert rich.audio is not None
        assert new.storage.stat(rich.audio.object_key) is not None
        assert session.scalars(select(Member)).all() == []
        clips = announcements_of(session, show.id)
        assert set(clips) == {"welcome", "ended"}
        assert new.storage.stat(clips["ended"].object_key) is not None
    with pytest.raises(ArchiveError, match="here already"):
        bring(new, tmp_path / "a.tar", shows_only=True)


def test_a_folder_is_as_good_as_a_tar(old: Services, fresh: Fresh, tmp_path: Path) -> None:
    made = Export(old, EVERYTHING, NOW)
    made.write_folder(tmp_path / "archive")
    new = fresh()
    bring(new, tmp_path / "archive")
    assert export(with_keys(new), tmp_path / "again.tar").files == made.manifest.files


def test_what_a_killed_export_left_is_swept_days_later(old: Services, tmp_path: Path) -> None:
    data = old.settings.data
    for name, days in ((".archive-old", 4), (".archive-running", 1)):
        (data / name).mkdir(parents=True)
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(data / name, (moment, moment))
    export(old, tmp_path / "a.tar")
    assert [path.name for path in data.glob(".archive-*")] == [".archive-running"]


def test_every_table_is_in_the_archive_or_left_out_for_a_reason() -> None:
    """A new table: name it in podcast_server/moving/archive/kinds.py."""
    known = {kind.table_name for kind in (*CONTENT, *LISTED)}
    assert known | LEFT_OUT.keys() == metadata.tables.keys()
    assert not known & LEFT_OUT.keys()
