"""Writing, publishing, scheduling and taking back episodes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from episodes.models import Episode, Show, Transcript
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

LIST = "/studio/shows/harbour"
HOSTILE = "<script>alert(1)</script>"


def test_saving_changes_the_words(owner: Desk, services: Services, draft: Episode) -> None:
    save(owner, draft, title="High tide", notes="*Up*", number="3", season="1", link="")
    found = now_is(services, draft)
    assert (found.title, found.notes, found.number, found.season) == ("High tide", "*Up*", 3, 1)


def test_an_episode_numbered_by_its_date_on_its_old_host_can_be_saved(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, number="20240305", season="2024")
    assert (now_is(services, draft).number, now_is(services, draft).season) == (20240305, 2024)


def test_publishing_puts_a_draft_out_now(
    owner: Desk, services: Services, draft: Episode, now: datetime
) -> None:
    save(owner, draft, act="publish")
    assert now_is(services, draft).publish_at == now


def test_saving_what_is_out_does_not_move_its_date(
    owner: Desk, services: Services, first: Episode, now: datetime
) -> None:
    save(owner, first, title="New words")
    assert now_is(services, first).publish_at == now - timedelta(days=1)


@pytest.mark.parametrize(
    ("local", "in_utc"),
    [
        ("2027-03-27T09:00", datetime(2027, 3, 27, 8, tzinfo=UTC)),
        # The night in which 02:30 is skipped, and the morning after the change.
        ("2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2027-03-28T09:00", datetime(2027, 3, 28, 7, tzinfo=UTC)),
        # The night in which 02:30 comes twice: the first one is meant.
        ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_schedule_is_kept_on_the_clock_of_the_show(
    owner: Desk, services: Services, draft: Episode, local: str, in_utc: datetime
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Show, draft.show_id).time_zone = "Europe/Paris"
    save(owner, draft, act="schedule", publish_at=local)
    assert now_is(services, draft).publish_at == in_utc


def test_scheduling_without_a_time_says_what_is_missing(owner: Desk, draft: Episode) -> None:
    assert "Say when it is to come out." in save(owner, draft, act="schedule").text


def test_an_episode_without_audio_is_not_published(
    owner: Desk, services: Services, draft: Episode
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, draft.id).audio_id = None
    assert "no audio yet" in save(owner, draft, act="publish").text
    assert now_is(services, draft).publish_at is None


def test_chapters_are_lines_with_times(owner: Desk, services: Services, draft: Episode) -> None:
    save(owner, draft, chapters="0:00 Start\n0:10 The storm | https://storm.example")
    assert now_is(services, draft).chapters == [
        {"startTime": 0.0, "title": "Start"},
        {"startTime": 10.0, "title": "The storm", "url": "https://storm.example"},
    ]


def test_saving_chapters_unchanged_keeps_their_fractions_and_pictures(
    owner: Desk, services: Services, draft: Episode
) -> None:
    rows = [{"startTime": 1.25, "title": "Bell", "img": "https://x.example/b.png"}]
    with services.sessions.begin() as session:
        session.get_one(Episode, draft.id).chapters = rows
    save(owner, draft, chapters="0:01 Bell")
    assert now_is(services, draft).chapters == rows


def test_chapters_can_be_taken_from_the_notes(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, notes="0:05 The quay\n0:20 The ferry", chapters_from_notes="y")
    titles = [each["title"] for each in now_is(services, draft).chapters]
    assert titles == ["The quay", "The ferry"]


def test_a_chapter_beyond_the_end_is_refused_with_its_name(owner: Desk, draft: Episode) -> None:
    assert "begins outside of the episode" in save(owner, draft, chapters="9:00:00 Late").text


def test_earlier_words_can_be_brought_back(owner: Desk, services: Services, draft: Episode) -> None:
    save(owner, draft, title="Second")
    save(owner, draft, title="Third")
    page = owner.get(page_of(draft)).text
    versions = [part.split('"')[0] for part in page.split(f"{page_of(draft)}/versions/")[1:]]
    owner.send(f"{page_of(draft)}/versions/{versions[-1]}")
    assert now_is(services, draft).title == "Tide"


@pytest.mark.thorough
def test_deleting_can_be_undone(owner: Desk, services: Services, first: Episode) -> None:
    owner.send(f"{page_of(first)}/state", act="delete")
    assert first.title not in owner.get(LIST).text
    assert first.title in owner.get(f"{LIST}?status=deleted").text
    owner.send(f"{page_of(first)}/state", act="restore")
    assert now_is(services, first).state == "ready"
    assert now_is(services, first).audio_id == first.audio_id


def test_a_deleted_episode_is_in_no_feed(owner: Desk, services: Services, first: Episode) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audience = "free"
    owner.send(f"{page_of(first)}/state", act="delete")
    assert first.guid not in owner.get("/shows/harbour/feed.xml").text


def test_a_copy_has_the_words_and_no_audio(owner: Desk, services: Services, first: Episode) -> None:
    owner.send(f"{page_of(first)}/duplicate")
    with services.sessions() as session:
        copy = session.scalars(select(Episode).order_by(Episode.id.desc())).first()
    assert copy
    assert (copy.title, copy.audio_id, copy.state) == ("First light (copy)", None, "draft")
    assert copy.guid != first.guid


def test_several_are_changed_at_once(
    owner: Desk, services: Services, first: Episode, draft: Episode
) -> None:
    token = owner.token()
    form = {"csrf_token": token, "act": "free", "key": [first.key, draft.key]}
    answer = owner.client.post(f"{LIST}/episodes", data=form, follow_redirects=True)
    assert "2 episodes changed." in answer.text
    assert now_is(services, draft).audience == "free"


def test_the_list_is_searched_and_filtered(owner: Desk, first: Episode, draft: Episode) -> None:
    assert draft.title not in owner.get(f"{LIST}?q=light").text
    assert first.title not in owner.get(f"{LIST}?status=draft").text
    assert "Nothing like that" in owner.get(f"{LIST}?q=%25").text


def test_scripts_in_words_never_reach_a_page(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, title=HOSTILE, notes=HOSTILE, chapters=f"0:00 {HOSTILE}")
    for path in (LIST, page_of(draft), f"{LIST}?q={HOSTILE}"):
        assert HOSTILE not in owner.get(path).text


@pytest.mark.parametrize(
    "notes", [HOSTILE, "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>"]
)
def test_the_preview_of_notes_is_sanitized(owner: Desk, harbour: Show, notes: str) -> None:
    html = owner.send(f"{LIST}/notes-preview", notes=notes).get_json()["html"]
    assert "<script" not in html
    assert "href" not in html
    assert "<img" not in html


def send_file(desk: Desk, path: str, name: str, data: bytes) -> TestResponse:
    form = {"csrf_token": desk.token(), "file": (io.BytesIO(data), name)}
    return desk.client.post(path, data=form, follow_redirects=True)


def test_an_srt_transcript_is_kept_as_webvtt(
    owner: Desk, services: Services, first: Episode
) -> None:
    srt = b"1\n00:00:01,000 --> 00:00:02,500\nHello <b>there</b>\n"
    send_file(owner, f"{page_of(first)}/transcript", "a.srt", srt)
    with services.sessions() as session:
        kept = session.scalars(select(Transcript)).one()
    with services.storage.open(kept.object_key) as reader:
        text = reader.read(1000).decode()
    assert kept.mime == "text/vtt"
    assert text.startswith("WEBVTT")
    assert "Hello" in text


def test_a_transcript_that_is_none_is_refused(owner: Desk, first: Episode) -> None:
    answer = send_file(owner, f"{page_of(first)}/transcript", "a.vtt", b"\x00\xff" * 50)
    assert 'class="notice danger"' in answer.text


def test_a_picture_becomes_a_square_jpeg(owner: Desk, services: Services, first: Episode) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (2000, 1500), "teal").save(picture, "PNG")
    send_file(owner, f"{page_of(first)}/cover", "a.png", picture.getvalue())
    key = now_is(services, first).artwork_key
    assert key
    with services.storage.open(key) as reader:
        assert Image.open(io.BytesIO(reader.read(10**7))).size == (1500, 1500)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"<script>" * 10,
        b"%PDF-1.4",
    ],
)
def test_svg_and_other_disguises_are_no_picture(
    owner: Desk, services: Services, first: Episode, data: bytes
) -> None:
    answer = send_file(owner, f"{page_of(first)}/cover", "../../a.png", data)
    assert "not a JPEG, PNG or WebP image" in answer.text
    assert now_is(services, first).artwork_key is None


def test_every_change_is_written_down(owner: Desk, services: Services, draft: Episode) -> None:
    save(owner, draft, act="publish")
    with services.sessions() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry
    assert (entry.action, entry.subject) == ("episode.publish", draft.key)


def test_a_change_that_fails_is_not_written_down(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, chapters="9:00:00 Late")
    with services.sessions() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert not [each for each in actions if each.startswith("episode")]


def test_audio_of_a_draft_is_heard_by_those_who_work_on_it(
    owner: Desk, hire: Callable[..., Desk], draft: Episode
) -> None:
    assert owner.get(f"{page_of(draft)}/audio").data.startswith(b"sound")
