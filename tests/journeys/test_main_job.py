"""The main job from end to end, through the real command line and the real server."""

from __future__ import annotations

import re
from pathlib import Path

import feedparser
import pytest

from tests.running import Installation, fetch, installation

pytestmark = pytest.mark.slow
AUDIO = Path(__file__).parent.parent.parent / "podcast_server" / "demo" / "audio"


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return installation(tmp_path)


def test_from_audio_files_to_a_private_feed_that_plays_and_closes(place: Installation) -> None:
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
            whole = fetch(enclosure.href)
            assert whole.status == 200
            assert whole.body in originals
            assert int(enclosure.length) == len(whole.body)
            half = len(whole.body) // 2
            rest = fetch(enclosure.href, Range=f"bytes={half}-", If_Range=whole.headers["ETag"])
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
        assert fetch(renewed.entries[0].enclosures[0].href).status == 200

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


def test_the_demo_can_be_run_again_without_doubling_anything(tmp_path: Path) -> None:
    place = Installation(tmp_path, 8000, {})
    first = place.run("demo", "--no-serve").stdout
    second = place.run("demo", "--no-serve").stdout
    assert first == second
    addresses = re.findall(r"http://\S+/f/pf[a-z2-7]{16}[0-9a-f]{32}", first)
    assert len(addresses) == 2
