"""Earlier versions: every change is among them with its fields and its person, and comes back."""

from __future__ import annotations

import html
import io
import re

from PIL import Image
from sqlalchemy import select

from episodes.arrivals import join_draft
from episodes.history import mentioned_in_versions, versions_of
from episodes.ingest import find_orphans
from episodes.models import Episode, EpisodeVersion, Show, Transcript, Upload
from episodes.shows import ensure_tier
from podcast_server.services import Services
from tests.builders import build_audio
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

LIST = "/studio/shows/harbour"


def listed(desk: Desk, episode: Episode) -> list[str]:
    """Each earlier version as one reads it, newest first."""
    page = desk.get(page_of(episode)).text
    found = re.search(r'<ol class="versions">(.*?)</ol>', page, re.DOTALL)
    items = re.split(r"<li>\s*<p>", found[1])[1:] if found else []
    plain = (re.sub(r"<form.*?</form>|<[^>]+>", " ", each, flags=re.DOTALL) for each in items)
    return [" ".join(html.unescape(each).split()) for each in plain]


def newest(services: Services) -> EpisodeVersion:
    with services.sessions() as session:
        query = select(EpisodeVersion).order_by(EpisodeVersion.id.desc())
        found = session.scalars(query).first()
    assert found
    return found


def bring(desk: Desk, services: Services, episode: Episode, part: str) -> str:
    version = newest(services)
    return desk.send(f"{page_of(episode)}/versions/{version.id}", part=part).text


def remove_transcript(desk: Desk, services: Services, episode: Episode) -> None:
    with services.sessions() as session:
        number = session.scalars(
            select(Transcript.id).where(Transcript.episode_id == episode.id)
        ).one()
    desk.send(f"{page_of(episode)}/transcript/{number}/remove")


def send_file(desk: Desk, path: str, name: str, data: bytes) -> None:
    form = {"csrf_token": desk.token(), "file": (io.BytesIO(data), name)}
    desk.client.post(path, data=form, follow_redirects=True)


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (1500, 1500), "teal").save(data, "PNG")
    return data.getvalue()


def replace_audio(services: Services, episode: Episode) -> int:
    """As when an upload of Marit's has been examined; gives the number of the new audio."""
    with services.sessions.begin() as session:
        show = session.get_one(Show, episode.show_id)
        audio = build_audio(session, services.storage, show, b"other" * 500)
        audio.duration = 754.0
        upload = Upload(
            key="u", show_id=show.id, file_name="a.mp3", fingerprint="f", size=1, part_size=1,
            object_key="x", storage_id="x", state="examining", episode_key=episode.key,
            audio_id=audio.id, begun_by="marit@example.org", created_at=show.created_at,
            updated_at=show.created_at,
        )  # fmt: skip
        session.add(upload)
        assert join_draft(session, upload, show.created_at)
        return audio.id


def test_each_version_says_what_was_changed_before_and_after_and_by_whom(
    owner: Desk, draft: Episode
) -> None:
    save(owner, draft, title="High tide", notes="*Up*", number="3", audience="free")
    [said] = listed(owner, draft)
    assert "owner@example.org" in said
    assert "Title Tide High tide" in said
    assert "Number – 3" in said
    assert "Who may hear it? Members Everyone" in said
    assert "Show notes" in said
    assert "*Up*" not in said


def test_saving_what_is_there_already_is_no_version(owner: Desk, draft: Episode) -> None:
    save(owner, draft)
    assert listed(owner, draft) == []


def test_an_audience_given_to_many_is_a_version_of_each(
    owner: Desk, draft: Episode, services: Services
) -> None:
    owner.send(f"{LIST}/episodes", act="free", key=draft.key)
    [said] = listed(owner, draft)
    assert "Who may hear it? Members Everyone" in said
    bring(owner, services, draft, "words")
    assert now_is(services, draft).audience == "members"


def test_a_picture_is_a_version_that_brings_the_old_one_back(
    owner: Desk, services: Services, draft: Episode
) -> None:
    send_file(owner, f"{page_of(draft)}/cover", "a.png", picture())
    assert "Artwork of this episode" in listed(owner, draft)[0]
    bring(owner, services, draft, "words")
    assert now_is(services, draft).artwork_key is None


def test_a_removed_transcript_comes_back(owner: Desk, services: Services, draft: Episode) -> None:
    srt = b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"
    send_file(owner, f"{page_of(draft)}/transcript", "a.srt", srt)
    remove_transcript(owner, services, draft)
    assert [each.rpartition("org ")[2] for each in listed(owner, draft)] == [
        "Transcript VTT –",
        "Transcript – VTT",
    ]
    bring(owner, services, draft, "words")
    with services.sessions() as session:
        assert session.scalars(select(Transcript)).one().mime == "text/vtt"


def test_a_removed_preview_is_a_version(owner: Desk, services: Services, draft: Episode) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, draft.id)
        row.preview_audio_id, row.preview_end = row.audio_id, 12.0
    owner.send(f"{page_of(draft)}/preview/remove")
    assert listed(owner, draft)[0].endswith("Preview")
    bring(owner, services, draft, "sound")
    found = now_is(services, draft)
    assert (found.preview_audio_id, found.preview_end) == (draft.audio_id, 12.0)


def test_replaced_audio_is_a_version_of_whoever_sent_it(
    owner: Desk, services: Services, draft: Episode
) -> None:
    replace_audio(services, draft)
    [said] = listed(owner, draft)
    assert said.endswith("marit@example.org Audio 1:03 12:34")


def test_old_words_leave_new_audio_alone_and_old_audio_new_words(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, title="High tide")
    first_words = newest(services).id
    new = replace_audio(services, draft)
    owner.send(f"{page_of(draft)}/versions/{first_words}", part="words")
    assert (now_is(services, draft).title, now_is(services, draft).audio_id) == ("Tide", new)
    save(owner, draft, title="Low tide")
    owner.send(f"{page_of(draft)}/versions/{first_words}", part="sound")
    found = now_is(services, draft)
    assert (found.title, found.audio_id) == ("Low tide", draft.audio_id)


def test_tiers_and_the_day_it_opens_come_back(
    owner: Desk, services: Services, harbour: Show, draft: Episode
) -> None:
    with services.sessions.begin() as session:
        tier = ensure_tier(session, session.get_one(Show, harbour.id), "Patrons")
    opens = {"audience": "tiers", "tiers": str(tier.id), "public_at": "2999-01-01T09:00"}
    save(owner, draft, **opens)
    save(owner, draft)
    assert "Tiers Patrons –" in listed(owner, draft)[0]
    bring(owner, services, draft, "words")
    found = now_is(services, draft)
    assert (found.audience, found.tier_ids) == ("tiers", [tier.id])
    assert found.public_at
    assert found.public_at.year == 2999


def test_a_tier_that_is_gone_does_not_come_back(
    owner: Desk, services: Services, draft: Episode
) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, draft.id)
        row.audience, row.tier_ids = "tiers", [99]
    save(owner, draft)
    bring(owner, services, draft, "words")
    assert now_is(services, draft).tier_ids == []


def test_what_is_out_is_not_brought_back_to_nobody(
    owner: Desk, services: Services, first: Episode
) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(Episode, first.id)
        row.audience = "sale"
    save(owner, first)
    assert "Set a price: without one nobody could hear it." in bring(
        owner, services, first, "words"
    )
    assert now_is(services, first).audience == "members"


def test_a_file_that_is_gone_from_the_storage_stays_away(
    owner: Desk, services: Services, draft: Episode
) -> None:
    send_file(owner, f"{page_of(draft)}/cover", "a.png", picture())
    old = now_is(services, draft).artwork_key
    assert old
    with services.sessions.begin() as session:
        session.get_one(Episode, draft.id).artwork_key = None
    save(owner, draft, title="New")
    services.storage.delete(old)
    with services.sessions.begin() as session:
        row = session.get_one(Episode, draft.id)
        version = versions_of(session, row.id)[0]
        version.fields = {**version.fields, "artwork_key": old}
        row.artwork_key = "shows/1/other.jpg"
        version_id = version.id
    owner.send(f"{page_of(draft)}/versions/{version_id}", part="words")
    assert now_is(services, draft).artwork_key == "shows/1/other.jpg"


def test_files_of_earlier_versions_are_no_orphans(
    owner: Desk, services: Services, draft: Episode, clock: Clock
) -> None:
    srt = b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"
    send_file(owner, f"{page_of(draft)}/transcript", "a.srt", srt)
    remove_transcript(owner, services, draft)
    clock.advance(days=30000)
    with services.sessions() as session:
        orphans = [each.key for each in find_orphans(session, services.storage, before=clock.now)]
        assert any(key.endswith(".vtt") for key in mentioned_in_versions(session))
    assert not [key for key in orphans if key.endswith(".vtt")]


def test_a_version_of_another_episode_is_none_of_this(
    owner: Desk, services: Services, draft: Episode, first: Episode
) -> None:
    save(owner, first, title="Last light")
    answer = owner.send(f"{page_of(draft)}/versions/{newest(services).id}")
    assert "has no such version." in answer.text
    assert now_is(services, draft).title == "Tide"
