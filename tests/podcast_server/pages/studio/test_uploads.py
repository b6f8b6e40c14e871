"""The protocol of uploads, as the studio's script speaks it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from episodes.models import Episode, EpisodeVersion, Show, Upload
from episodes.storage.base import StorageUnavailable
from episodes.uploads import PART_SIZE
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk

SAMPLE = Path("podcast_server/demo/audio/s01e01-first-light.mp3")
UPLOADS = "/studio/shows/harbour/uploads"


class StillExaminer:
    """Counts, and leaves the examining to the test."""

    nudges = 0

    def nudge(self) -> None:
        self.nudges += 1


@pytest.fixture(autouse=True)
def examiner(app: Flask) -> StillExaminer:
    app.config["EXAMINER"] = StillExaminer()
    examiner: StillExaminer = app.config["EXAMINER"]
    return examiner


def ask(desk: Desk, method: str, path: str, **more: Any) -> Any:
    headers = {"X-CSRFToken": desk.token(), "Accept": "application/json"}
    return desk.client.open(path, method=method, headers=headers, **more)


def begin(desk: Desk, name: str, size: int, **more: Any) -> Any:
    words = {"name": name, "size": size, "fingerprint": f"{name}:{size}", **more}
    return ask(desk, "POST", UPLOADS, json=words)


def send_all(desk: Desk, data: bytes, name: str = "s01e01.mp3", **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = begin(desk, name, len(data), **more).get_json()
    size = told["part_size"]
    for number, start in enumerate(range(0, len(data), size), 1):
        part = data[start : start + size]
        path = f"{UPLOADS}/{told['key']}/parts/{number}"
        assert ask(desk, "PUT", path, data=part).status_code == 200
    done: dict[str, Any] = ask(desk, "POST", f"{UPLOADS}/{told['key']}/complete").get_json()
    return done


def test_from_the_first_byte_there_is_a_draft_to_write_in(
    owner: Desk, services: Services, harbour: Show
) -> None:
    told = begin(owner, "07 the-ferry.mp3", 1000).get_json()
    assert owner.get(told["episode"]).status_code == 200
    with services.sessions() as session:
        assert session.scalars(select(Episode.title)).one() == "the ferry"


def test_examined_audio_joins_its_draft_and_fills_what_was_left_empty(
    owner: Desk, services: Services, harbour: Show, clock: Clock, examiner: StillExaminer
) -> None:
    told = send_all(owner, SAMPLE.read_bytes())
    assert told["state"] == "examining"
    assert examiner.nudges == 1
    examine_waiting_uploads(services, clock.now)
    told = ask(owner, "GET", f"{UPLOADS}/{told['key']}").get_json()
    assert told["state"] == "used"
    with services.sessions() as session:
        episode = session.scalars(select(Episode)).one()
        assert episode.audio_id is not None
        assert episode.title == "First light on the quay"
        assert len(episode.chapters) == 3


def test_whoever_asks_after_audio_that_nobody_examines_has_it_examined(
    owner: Desk, services: Services, harbour: Show, clock: Clock, examiner: StillExaminer
) -> None:
    told = send_all(owner, SAMPLE.read_bytes())
    with services.sessions.begin() as session:
        upload = session.scalars(select(Upload)).one()
        upload.attempts, upload.updated_at = 1, clock.now
    ask(owner, "GET", f"{UPLOADS}/{told['key']}")
    assert examiner.nudges == 1  # somebody is at it
    clock.advance(seconds=31)
    ask(owner, "GET", f"{UPLOADS}/{told['key']}")
    assert examiner.nudges == 2


def test_what_the_podcaster_typed_meanwhile_wins(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    told = send_all(owner, SAMPLE.read_bytes())
    words = {"title": "My own title", "type": "full", "audience": "free", "explicit": ""}
    owner.send(told["episode"], **words, notes="Mine", number="9")
    examine_waiting_uploads(services, clock.now)
    with services.sessions() as session:
        episode = session.scalars(select(Episode)).one()
    assert (episode.title, episode.notes, episode.number) == ("My own title", "Mine", 9)
    assert episode.audio_id is not None


def test_the_same_file_again_goes_on_where_it_stopped(
    owner: Desk, services: Services, harbour: Show
) -> None:
    size = 2 * PART_SIZE + 5
    first = begin(owner, "long.mp3", size).get_json()
    path = f"{UPLOADS}/{first['key']}/parts/1"
    ask(owner, "PUT", path, data=b"\0" * PART_SIZE)
    again = begin(owner, "long.mp3", size).get_json()
    assert again["key"] == first["key"]
    assert again["parts_there"] == [1]
    with services.sessions() as session:
        assert len(session.scalars(select(Episode)).all()) == 1


def test_new_audio_of_an_episode_keeps_its_guid_and_words(
    owner: Desk, services: Services, harbour: Show, first: Episode, clock: Clock
) -> None:
    send_all(owner, SAMPLE.read_bytes(), episode=first.key)
    examine_waiting_uploads(services, clock.now)
    with services.sessions() as session:
        found = session.get_one(Episode, first.id)
    assert (found.guid, found.title) == (first.guid, first.title)
    assert found.audio_id != first.audio_id


def test_the_episode_of_another_show_cannot_be_replaced(
    owner: Desk, services: Services, harbour: Show, first: Episode
) -> None:
    fields = {"title": "Other", "language": "en", "time_zone": "UTC"}
    owner.send("/studio/shows/new", **fields)
    words = {"name": "a.mp3", "size": 5, "fingerprint": "a", "episode": first.key}
    answer = ask(owner, "POST", "/studio/shows/other/uploads", json=words)
    assert answer.status_code == 404


def test_a_refused_file_says_why_and_keeps_the_draft(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    told = send_all(owner, b"%PDF-1.4 not audio at all" * 50, name="talk.mp3")
    examine_waiting_uploads(services, clock.now)
    told = ask(owner, "GET", f"{UPLOADS}/{told['key']}").get_json()
    assert told["state"] == "refused"
    assert told["reason"]
    assert owner.get(told["episode"]).status_code == 200


def test_giving_up_removes_the_empty_draft(owner: Desk, services: Services, harbour: Show) -> None:
    told = begin(owner, "a.mp3", 1000).get_json()
    assert ask(owner, "DELETE", f"{UPLOADS}/{told['key']}").status_code == 200
    with services.sessions() as session:
        assert session.scalar(select(Episode.id)) is None


@pytest.mark.parametrize(
    "words", [{}, {"size": "many"}, {"size": 0}, {"size": -1}, {"size": 10**15}]
)
def test_nonsense_is_refused_with_a_reason(
    owner: Desk, harbour: Show, words: dict[str, Any]
) -> None:
    answer = ask(owner, "POST", UPLOADS, json={"name": "a.mp3", **words})
    assert answer.status_code == 409
    assert answer.get_json()["error"]


def test_a_name_with_a_path_is_only_a_name(owner: Desk, harbour: Show) -> None:
    told = begin(owner, "../../etc/passwd.mp3", 100).get_json()
    assert told["name"] == "passwd.mp3"


def test_an_unfinished_upload_cannot_be_completed(owner: Desk, harbour: Show) -> None:
    told = begin(owner, "a.mp3", 1000).get_json()
    answer = ask(owner, "POST", f"{UPLOADS}/{told['key']}/complete")
    assert answer.status_code == 409
    assert "missing" in answer.get_json()["error"]


def glance(desk: Desk, told: dict[str, Any], pieces: dict[int, bytes]) -> Any:
    data = {str(at): (BytesIO(each), "piece") for at, each in pieces.items()}
    return ask(desk, "POST", f"{UPLOADS}/{told['key']}/glance", data=data)


def test_the_draft_is_filled_while_the_file_is_on_its_way(
    owner: Desk, services: Services, harbour: Show
) -> None:
    data = SAMPLE.read_bytes()
    told = begin(owner, "s01e01.mp3", len(data)).get_json()
    filled = glance(owner, told, {0: data[:200_000]}).get_json()["filled"]
    assert filled["title"] == "First light on the quay"
    with services.sessions() as session:
        episode = session.scalars(select(Episode)).one()
        assert (episode.title, episode.audio_id) == ("First light on the quay", None)


@pytest.mark.thorough
def test_a_glance_fills_only_what_nobody_has_touched_and_only_once(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    data = SAMPLE.read_bytes()
    told = begin(owner, "s01e01.mp3", len(data)).get_json()
    words = {"title": "My own title", "type": "full", "audience": "free", "explicit": ""}
    owner.send(told["episode"], **words)
    filled = glance(owner, told, {0: data[:200_000]}).get_json()["filled"]
    assert "title" not in filled
    assert filled["number"] == 1
    owner.send(told["episode"], **words, number="")
    assert glance(owner, told, {0: data[:200_000]}).get_json()["filled"] == {}
    send_all(owner, data)
    examine_waiting_uploads(services, clock.now)
    with services.sessions() as session:
        episode = session.scalars(select(Episode)).one()
    assert (episode.title, episode.number) == ("My own title", None)
    assert len(episode.chapters) == 3


def test_a_glance_at_new_audio_changes_no_words(owner: Desk, harbour: Show, first: Episode) -> None:
    data = SAMPLE.read_bytes()
    told = begin(owner, "new.mp3", len(data), episode=first.key).get_json()
    assert glance(owner, told, {0: data[:200_000]}).get_json()["filled"] == {}


def test_a_glance_at_nonsense_is_refused_and_the_upload_goes_on(owner: Desk, harbour: Show) -> None:
    told = begin(owner, "a.mp3", 1000).get_json()
    assert glance(owner, told, {0: b"<svg onload=alert(1)>"}).status_code == 409
    assert glance(owner, told, {999: b"ab"}).status_code == 409
    assert glance(owner, told, {}).status_code == 409
    assert ask(owner, "GET", f"{UPLOADS}/{told['key']}").get_json()["state"] == "receiving"


def test_while_the_storage_is_away_the_page_is_told_to_keep_trying(
    owner: Desk, harbour: Show, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise StorageUnavailable("the S3 server cannot be reached")

    with monkeypatch.context() as patched:
        patched.setattr(services.storage, "begin_upload", fail)
        assert begin(owner, "a.mp3", 1000).status_code == 503
    assert begin(owner, "a.mp3", 1000).status_code == 200


def refused(owner: Desk, services: Services, clock: Clock, **more: Any) -> dict[str, Any]:
    told = send_all(owner, b"%PDF-1.4 " * 500, "Not audio.mp3", **more)
    examine_waiting_uploads(services, clock.now)
    answer: dict[str, Any] = ask(owner, "GET", f"{UPLOADS}/{told['key']}").get_json()
    assert answer["state"] == "refused"
    return answer


def states(services: Services) -> list[str]:
    with services.sessions() as session:
        return list(session.scalars(select(Episode.state).order_by(Episode.id)))


def test_a_refused_file_leaves_no_draft_and_its_upload_takes_the_rest_along(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    told = refused(owner, services, clock)
    assert states(services) == ["deleted"]
    assert "No episodes yet" in owner.get("/studio/shows/harbour").text
    ask(owner, "DELETE", f"{UPLOADS}/{told['key']}")
    assert states(services) == []


def test_a_draft_that_somebody_has_written_in_outlives_its_refused_file(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    begun = begin(owner, "Not audio.mp3", 4500).get_json()
    owner.send(begun["episode"], title="Mine", type="full", audience="members", explicit="")
    told = refused(owner, services, clock)
    assert told["key"] == begun["key"]
    ask(owner, "DELETE", f"{UPLOADS}/{told['key']}")
    assert states(services) == ["draft"]


def test_an_episode_that_was_there_before_outlives_a_refused_file(
    owner: Desk, services: Services, draft: Episode, clock: Clock
) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, draft.id)
        row.audio_id = None
    clock.advance(minutes=1)
    told = refused(owner, services, clock, episode=draft.key)
    ask(owner, "DELETE", f"{UPLOADS}/{told['key']}")
    assert states(services) == ["draft"]


def test_an_upload_is_told_and_listed_by_the_title_of_its_episode(
    owner: Desk, services: Services, harbour: Show
) -> None:
    told = begin(owner, "07 the-ferry.mp3", 1000).get_json()
    assert told["title"] == "the ferry"
    page = owner.get("/studio/shows/harbour").text
    assert "<strong>the ferry</strong>" in page


def test_replaced_audio_is_kept_under_the_name_of_whoever_sent_it(
    owner: Desk, services: Services, draft: Episode, clock: Clock
) -> None:
    send_all(owner, SAMPLE.read_bytes(), episode=draft.key)
    examine_waiting_uploads(services, clock.now)
    with services.sessions() as session:
        version = session.scalars(select(EpisodeVersion)).one()
    assert version.by == "owner@example.org"


@pytest.mark.usefixtures("harbour")
def test_while_it_is_converted_the_page_and_the_list_say_how_far(
    owner: Desk, services: Services
) -> None:
    key = send_all(owner, SAMPLE.read_bytes())["key"]
    address = f"{UPLOADS}/{key}"
    assert ask(owner, "GET", address).get_json()["converted"] is None
    assert "Looking at the audio …</span>" in owner.get("/studio/shows/harbour").text
    with services.sessions.begin() as session:
        session.scalars(select(Upload)).one().progress = 0.4
    assert ask(owner, "GET", address).get_json()["converted"] == 0.4
    page = owner.get("/studio/shows/harbour").text
    assert "Converting it for every app … 40 %</span>" in page
