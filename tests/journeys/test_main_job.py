"""The main job from end to end, through the real command line and the real server."""

from __future__ import annotations

import re
from pathlib import Path

import feedparser
import pytest

from episodes.storage.base import StorageSettings
from tests.journeys.conftest import Machines
from tests.many_hosts.cluster import Ground
from tests.postgresql import Databases
from tests.running import Got, Installation, fetch, installation

pytestmark = pytest.mark.slow
pytest_plugins = ["tests.s3_server"]
AUDIO = Path(__file__).parent.parent.parent / "podcast_server" / "demo" / "audio"


@pytest.fixture
def place(machines: Machines, tmp_path: Path) -> Installation:
    return machines.installation(tmp_path)


@pytest.fixture(params=["sqlite and a folder", "postgresql and s3", "many hosts"])
def any_place(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """The embedded defaults, what a large installation runs on, and several hosts of it."""
    if request.param == "sqlite and a folder":
        return installation(tmp_path)
    if request.param == "many hosts":
        ground: Ground = request.getfixturevalue("many_hosts")
        return ground.installation(tmp_path)
    databases: Databases = request.getfixturevalue("migrated_postgresql")
    bucket: StorageSettings = request.getfixturevalue("s3_settings")
    return installation(
        tmp_path,
        database__url=databases.create(),
        storage__backend="s3",
        storage__bucket=bucket.bucket,
        storage__prefix=bucket.prefix,
        storage__endpoint=bucket.endpoint,
        storage__access_key=bucket.access_key,
        storage__secret_key=bucket.secret_key,
    )


def listen(url: str, **headers: str) -> Got:
    """Fetch audio as a podcast app does: HEAD answers at once, GET may lead on to the bucket."""
    first = fetch(url, **headers)
    if first.status != 302:
        return first
    known = fetch(url, "HEAD")
    assert (known.status, known.headers["Accept-Ranges"]) == (200, "bytes")
    there = fetch(first.headers["Location"], **headers)
    assert there.headers["Content-Type"] == known.headers["Content-Type"]
    unsigned = fetch(first.headers["Location"].partition("?")[0])
    assert unsigned.status == 403
    assert b"AccessDenied" in unsigned.body
    return there


def test_from_audio_files_to_a_private_feed_that_plays_and_closes(
    any_place: Installation,
) -> None:
    place = any_place
    files = sorted(AUDIO.glob("s01e*.m[p4][3a]"))
    place.run("show", "create", "Harbour", "--language", "en", "--artwork", AUDIO / "cover.jpg")
    added = place.json("episode", "add", *files, "--show", "harbour", "--every-days", "0")
    assert [row["outcome"] for row in added] == ["added"] * len(files)
    member = place.json("member", "add", "ada@example.org", "--show", "harbour")
    feed_url = member["feed"]

    with place.serving() as log:
        # fetch the feed and every enclosure, byte for byte, with a resumed download
        feed = fetch(feed_url)
        assert feed.status == 200
        entries = feedparser.parse(feed.body).entries
        assert len(entries) == len(files)
        originals = {path.read_bytes() for path in files}
        for entry in entries:
            [enclosure] = entry.enclosures
            whole = listen(enclosure.href)
            assert whole.status == 200
            assert whole.body in originals
            assert int(enclosure.length) == len(whole.body)
            half = len(whole.body) // 2
            rest = listen(enclosure.href, Range=f"bytes={half}-", If_Range=whole.headers["ETag"])
            assert rest.status == 206
            assert whole.body[:half] + rest.body == whole.body

        # revoke: the feed stays valid with a notice, audio closes
        place.run("member", "revoke", "ada@example.org", "--show", "harbour", "--yes")
        lapsed = feedparser.parse(fetch(feed_url).body)
        assert ["has ended" in entry.title for entry in lapsed.entries] == [True]
        assert fetch(entries[0].enclosures[0].href).status == 403

        # come back: the same address, the same guids
        place.run("member", "add", "ada@example.org", "--show", "harbour")
        back = feedparser.parse(fetch(feed_url).body)
        assert [entry.id for entry in back.entries] == [entry.id for entry in entries]

        # rotate: the old token is dead, the new one lives
        fresh = place.json("feed", "rotate", "ada@example.org", "--show", "harbour", "--yes")
        assert fresh["feed"] != feed_url
        replaced = feedparser.parse(fetch(feed_url).body)
        assert ["was replaced" in entry.title for entry in replaced.entries] == [True]
        assert fetch(entries[0].enclosures[0].href).status == 410
        renewed = feedparser.parse(fetch(fresh["feed"]).body)
        assert [entry.id for entry in renewed.entries] == [entry.id for entry in entries]
        assert listen(renewed.entries[0].enclosures[0].href).status == 200

        # close for good
        place.run(
            "member", "revoke", "ada@example.org", "--show", "harbour", "--close-feeds", "--yes"
        )
        assert fetch(fresh["feed"]).status == 410
        for path in ("/", "/f/wrong", f"/f/{'x' * 42}", "/m/x/y"):
            fetch(place.url + path)

    written = log.read_text()
    assert not re.search(r"p[fm][a-z2-7]{16}[0-9a-f]{32}", written), "a token was logged"


def test_one_bad_file_does_not_stop_the_others(place: Installation, tmp_path: Path) -> None:
    good = sorted(AUDIO.glob("s01e*.mp3"))[0]
    bad = tmp_path / "report.mp3"
    bad.write_bytes(b"%PDF-1.7 not audio at all" * 50)
    place.run("show", "create", "Harbour")
    done = place.run("episode", "add", bad, good, "--show", "harbour", check=False)
    assert done.returncode == 3
    assert "✓" in done.stdout
    assert "✗ report.mp3" in done.stdout
    listed = place.json("episode", "list", "--show", "harbour")
    assert len(listed) == 1


def test_the_demo_can_be_run_again_without_doubling_anything(place: Installation) -> None:
    studio = re.compile(r"/studio/sign-in/\S+")  # a new key each time
    first = studio.sub("", place.run("demo", "--no-serve").stdout)
    second = studio.sub("", place.run("demo", "--no-serve").stdout)
    assert first == second
    addresses = re.findall(r"http://\S+/f/pf[a-z2-7]{16}[0-9a-f]{32}", first)
    assert len(addresses) == 2
