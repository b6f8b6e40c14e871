"""Shows as the large hosts publish them come over whole, and only once."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from episodes.rss_import.imports import due_imports
from episodes.rss_import.run import work_on
from tests.episodes.rss_import.conftest import Moving
from tests.foreign_host import Manners
from tests.samples.feeds.hosts import HOSTS, buzzsprout, castos, libsyn, substack

every_host = pytest.mark.parametrize("name", HOSTS)


@pytest.mark.thorough
@every_host
def test_every_episode_comes_over_with_its_guid_date_and_bytes(moving: Moving, name: str) -> None:
    sample = HOSTS[name](moving.host.url)
    done = moving.move(moving.serve(sample))
    assert (done.state, done.reason) == ("done", "")
    episodes = moving.episodes()
    assert tuple(episode.guid for episode in episodes) == sample.guids
    sums = [hashlib.sha256(data).hexdigest() for data in moving.recordings]
    assert [e.audio.sha256 for e in episodes if e.audio] == sums
    assert all(f"About number {n}" in episode.notes for n, episode in enumerate(episodes))
    newest = episodes[0]
    assert newest.publish_at
    assert newest.publish_at.isoformat() == "2024-03-04T05:00:00+00:00"
    assert newest.audience == "members"
    assert len(newest.transcripts) == sample.transcripts
    assert len(newest.persons) == sample.persons
    assert len(newest.chapters) == sample.chapters


@pytest.mark.thorough
@every_host
def test_a_second_run_fetches_no_audio_and_changes_nothing(moving: Moving, name: str) -> None:
    url = moving.serve(HOSTS[name](moving.host.url))
    moving.move(url)
    before = [(e.id, e.updated_at) for e in moving.episodes()]
    moving.host.asked.clear()
    moving.start()
    moving.copy()
    assert moving.host.downloads() == []
    assert [(e.id, e.updated_at) for e in moving.episodes()] == before


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["libsyn", "megaphone", "supercast"])
@pytest.mark.parametrize(
    "manners",
    [
        Manners(slow=0.002),
        Manners(breaks_off=2),
        Manners(breaks_off=1, ranges=False),
        Manners(breaks_off=1, validators=False),
        Manners(redirects=4),
        Manners(puts_off=3),
    ],
    ids=["slow", "flaky", "flaky without ranges", "flaky without validators", "redirects", "429"],
)
def test_a_badly_behaved_host_loses_nothing(moving: Moving, name: str, manners: Manners) -> None:
    sample = HOSTS[name](moving.host.url)
    url = moving.serve(sample)
    manners.login = sample.login
    moving.host.manners = manners
    assert moving.move(url).state == "done"
    sums = [hashlib.sha256(data).hexdigest() for data in moving.recordings]
    assert [e.audio.sha256 for e in moving.episodes() if e.audio] == sums


@pytest.mark.thorough
def test_a_broken_download_goes_on_where_it_ended(moving: Moving) -> None:
    url = moving.serve(libsyn(moving.host.url))
    moving.host.manners = Manners(breaks_off=1)
    moving.move(url)
    halves = {len(data) // 2 for data in moving.recordings}
    resumed = {int(a.range[6:-1]) for a in moving.host.asked if a.range}
    assert resumed == halves


@pytest.mark.thorough
def test_the_show_comes_with_its_words_and_its_guid(moving: Moving) -> None:
    sample = buzzsprout(moving.host.url)
    moving.move(moving.serve(sample))
    show = moving.show()
    assert (show.title, show.author) == ("Harbour Notes", "Ada Quay")
    assert show.owner_email == "ada@example.org"
    assert show.description == "Stories from the quay."
    assert show.categories == [["Society & Culture", "Documentary"]]
    assert show.podcast_guid == sample.podcast_guid
    assert show.persons[0]["name"] == "Ada Quay"
    assert show.artwork_key


@pytest.mark.thorough
def test_the_best_transcript_and_the_chapters_come_along(moving: Moving) -> None:
    moving.move(moving.serve(buzzsprout(moving.host.url)))
    newest = moving.episodes()[0]
    assert newest.transcripts[0].mime == "text/vtt"
    assert [row["title"] for row in newest.chapters] == ["Ahoy", "Sea"]


@pytest.mark.thorough
def test_show_notes_lose_their_scripts_and_keep_their_lists(moving: Moving) -> None:
    moving.move(moving.serve(castos(moving.host.url)))
    notes = moving.episodes()[0].notes
    assert "alert" not in notes
    assert "- A" in notes


def test_the_dry_run_says_what_is_missing_and_brings_nothing(moving: Moving) -> None:
    looked = moving.look(moving.serve(substack(moving.host.url)))
    assert looked.state == "looked"
    assert looked.title == "Harbour Notes"
    states = [(item.title, item.state, item.reason) for item in moving.items()]
    assert states[0] == ("A letter", "unusable", "there is no audio in this item")
    assert [state for _, state, _ in states[1:]] == ["new"] * 3
    assert moving.episodes() == []
    assert moving.host.downloads() == []


def test_the_dry_run_asks_how_large_files_are(moving: Moving) -> None:
    moving.look(moving.serve(substack(moving.host.url)))
    assert sum(item.size for item in moving.items()) == sum(map(len, moving.recordings))


@pytest.mark.both_databases
def test_an_episode_numbered_by_the_minute_comes_without_its_number(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    sample.xml = sample.xml.replace(
        "</item>", "<itunes:season>202403041230</itunes:season></item>", 1
    )
    moving.move(moving.serve(sample))
    assert [item.state for item in moving.items()] == ["copied"] * 3
    assert "must be at most" in " ".join(moving.items()[0].warnings)
    assert moving.episodes()[0].season is None


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_host_that_refuses_head_has_its_files_all_the_same(moving: Moving, status: int) -> None:
    url = moving.serve(substack(moving.host.url))
    moving.host.manners.heads = status
    moving.look(url)
    assert [item.state for item in moving.items()] == ["unusable", "new", "new", "new"]
    assert sum(item.size for item in moving.items()) == sum(map(len, moving.recordings))
    audio = moving.host.downloads()
    asked = [each for each in moving.host.asked if each.method == "GET" and each.path in audio]
    assert {each.range for each in asked} == {"bytes=0-1"}


def test_a_file_that_is_gone_is_found_out_beforehand(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    url = moving.serve(sample)
    del moving.host.files[sample.audio[1]]
    moving.look(url)
    item = moving.items()[1]
    assert (item.state, item.reason) == ("unusable", "127.0.0.1 says that this is not there (404)")


@pytest.mark.thorough
def test_what_is_not_audio_is_refused_and_the_others_come(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    url = moving.serve(sample)
    moving.host.put(sample.audio[0], b"<html>Not here</html>" * 50, "audio/mpeg")
    assert moving.move(url).state == "done"
    assert len(moving.episodes()) == 2
    assert "not an audio file" in moving.items()[0].reason


@pytest.mark.thorough
def test_a_deleted_episode_does_not_come_back(moving: Moving) -> None:
    moving.move(moving.serve(libsyn(moving.host.url)))
    with moving.desk.sessions.begin() as session:
        gone = session.get_one(type(moving.episodes()[0]), moving.episodes()[0].id)
        gone.state = "deleted"
    moving.start()
    moving.copy()
    assert len(moving.episodes()) == 3


@pytest.mark.thorough
def test_a_mirror_asks_whether_anything_is_new_and_brings_only_that(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    older = sample.xml[: sample.xml.index("<item>")] + sample.xml[sample.xml.index("</item>") + 7 :]
    url = moving.serve(sample)
    moving.host.put(sample.path, older, sample.mime)
    moving.look(url)
    moving.start(mirror=True)
    moving.copy()
    assert len(moving.episodes()) == 2
    moving.host.asked.clear()
    moving.copy()
    assert [each.condition != "" for each in moving.host.asked] == [True]
    moving.host.put(sample.path, sample.xml, sample.mime)
    moving.host.asked.clear()
    moving.copy()
    assert moving.host.downloads() == [sample.audio[0]]
    assert [e.guid for e in moving.episodes()] == list(sample.guids)


@pytest.mark.thorough
def test_a_mirror_goes_on_after_its_host_was_away(moving: Moving) -> None:
    sample = libsyn(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start(mirror=True)
    moving.copy()
    moving.host.manners = Manners(puts_off=1000)
    work_on(moving.desk, moving.key)
    assert moving.standing().state == "failed"
    moving.host.manners = Manners()
    later = moving.desk.clock() + timedelta(hours=2)
    with moving.desk.sessions() as session:
        assert due_imports(session, later) == [moving.key]
        assert due_imports(session, moving.desk.clock()) == []
    work_on(moving.desk, moving.key)
    assert moving.standing().state == "done"


def test_the_address_is_sealed_in_the_database(moving: Moving) -> None:
    url = moving.serve(libsyn(moving.host.url))
    looked = moving.look(url + "?auth=secret")
    assert "secret" not in looked.source
    assert looked.host == "127.0.0.1"


@pytest.mark.thorough
def test_a_password_goes_to_the_feeds_own_host_alone(moving: Moving) -> None:
    from tests.foreign_host import foreign_host

    with foreign_host() as other:
        sample = HOSTS["supercast"]("http://localhost:" + other.url.rpartition(":")[2])
        for path, data in zip(sample.audio, moving.recordings, strict=True):
            other.put(path, data, "audio/mpeg")
        moving.host.manners.login = sample.login
        url = moving.host.put(sample.path, sample.xml, sample.mime)
        moving.move(url)
        assert len(moving.episodes()) == 3
        assert {asked.login for asked in other.asked} == {""}
