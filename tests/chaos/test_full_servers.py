"""The disk of PostgreSQL or of the S3 server is full: everybody is told to come again, nothing that
was acknowledged is lost, and with room it goes on by itself."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from episodes.models import Episode
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.invariants import World, broken_rules
from podcast_server.services import now_utc
from tests import postgresql
from tests.chaos.disks import SmallDisk, small_disk
from tests.chaos.moments import FINE, SOUND, Site
from tests.chaos.victims import S3, PostgreSQL, killed_afterwards
from tests.installed import Filled, furnish
from tests.running import Installation, fetch, installation
from tests.seaweedfs import SHARED_BUCKET

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]
PATIENCE = 100  # seconds; the S3 server looks at its disk once a minute
NOTES = "A long description. " * 2000  # so that a disk of some megabytes is soon full


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    above = Path(tempfile.mkdtemp(prefix="d-"))  # short: a socket is in it
    above.chmod(0o755)
    with small_disk(above / "d", 160) as disk:
        disk.folder.chmod(0o777)
        yield disk
    shutil.rmtree(above, ignore_errors=True)


def site_of(place: Installation, filled: Filled) -> Site:
    """A way in for a script."""
    with place.services() as services, services.sessions.begin() as session:
        owner = ensure_staff(session, "marit@example.org", now=now_utc(), owner=True)
        key = make_key(session, owner, "night", may_write=True, now=now_utc())
    return Site(
        place=place,
        account=None,  # type: ignore[arg-type]  # nobody pays here
        api_key=key,
        plan="",
        published="",
        feed=place.url + filled.feed,
        audio=place.url + filled.audio[0],
    )


def draft(site: Site) -> str:
    """Write an episode; gives its key once it was acknowledged."""
    return str(site.ask("POST", "/episodes", title="On a full disk", notes=NOTES)["key"])


def upload(site: Site) -> str:
    key = draft(site)
    site.ask("PUT", f"/episodes/{key}/audio?name=a.mp3", SOUND)
    return key


def until_refused(
    act: Callable[[Site], str], site: Site
) -> tuple[list[str], urllib.error.HTTPError]:
    """Go on until it is refused; what was acknowledged, and the refusal."""
    done: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            done.append(act(site))
        except urllib.error.HTTPError as refusal:
            return done, refusal
    raise AssertionError(f"the disk is never full: {len(done)}")


def eventually(act: Callable[[Site], str], site: Site) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return act(site)
        except OSError:
            assert time.monotonic() < deadline, "it does not go on"
            time.sleep(0.5)


def keys_in(place: Installation) -> set[str]:
    with place.services() as services, services.sessions() as session:
        assert list(broken_rules(World(session, services.storage, now_utc()))) == []
        return set(session.scalars(select(Episode.key)))


def test_with_a_full_disk_of_postgresql_nothing_acknowledged_is_lost(
    disk: SmallDisk, tmp_path: Path
) -> None:
    database = PostgreSQL(
        disk.folder, max_wal_size="32MB", min_wal_size="32MB", shared_buffers="16MB"
    )
    try:
        database.start()
        place = installation(tmp_path, database__url=database.url)
        filled = furnish(place)
        site = site_of(place, filled)
        with place.serving():
            done = [draft(site)]
            with disk.full():
                more, refusal = until_refused(draft, site)
                done += more
                assert refusal.code == 503
                assert refusal.headers["Retry-After"]
                assert fetch(site.feed).status in FINE
                assert fetch(place.url + "/").status in {200, 503}
            if not database.is_alive:  # without room for its log it ends, and its service starts it
                with contextlib.suppress(FileNotFoundError):
                    (database.folder / "data" / "postmaster.pid").unlink()
                database.start()
            done.append(eventually(draft, site))
            assert fetch(site.feed).status == 200
        assert set(done) <= keys_in(place)
    finally:
        database.remove()


def test_with_a_full_disk_of_the_s3_server_nothing_acknowledged_is_lost(
    disk: SmallDisk, tmp_path: Path
) -> None:
    storage = S3(disk.folder / "s3")
    with killed_afterwards(storage):
        storage.start()
        settings = storage.server.settings(SHARED_BUCKET)
        place = installation(
            tmp_path,
            storage__backend="s3",
            storage__bucket=settings.bucket,
            storage__endpoint=settings.endpoint,
            storage__access_key=settings.access_key,
            storage__secret_key=settings.secret_key,
        )
        filled = furnish(place)
        site = site_of(place, filled)
        with place.serving():
            done = [upload(site)]
            with disk.full():
                more, refusal = until_refused(upload, site)
                done += more
                assert refusal.code == 503
                assert refusal.headers["Retry-After"]
                assert fetch(site.feed).status == 200
                assert fetch(site.audio).status == 302
            done.append(eventually(upload, site))
            wait_until_examined(place, done)
        assert set(done) <= keys_in(place)


def wait_until_examined(place: Installation, keys: list[str]) -> None:
    """Return once each of the episodes has its audio."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with place.services() as services, services.sessions() as session:
            query = select(Episode.key).where(Episode.audio_id.is_not(None))
            missing = set(keys) - set(session.scalars(query))
        if not missing:
            return
        assert time.monotonic() < deadline, f"no audio: {missing}"
        time.sleep(0.5)
