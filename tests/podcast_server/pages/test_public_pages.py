"""What a stranger finds: shows, episodes, and what is kept from them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from episodes.models import Episode, Show, Transcript
from episodes.publishing import unpublish_episode
from episodes.storage.base import Storage
from episodes.storage.small import put_bytes
from podcast_server.pages.public.offers import Offer, Price
from tests.builders import build_audio, build_episode


def facts_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def publish(session: Session, storage: Storage, show: Show, now: datetime, **more: Any) -> Episode:
    episode = build_episode(session, storage, show, now, **more)
    session.commit()
    return episode


def test_the_front_page_without_any_show_says_so(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Nothing on air yet" in page.text
    assert 'href="/studio"' in page.text


def test_what_is_missing_leads_back_to_where_one_came_from(client: FlaskClient) -> None:
    assert '<a href="/studio">' in client.get("/studio/nowhere").text
    assert '<a href="/studio">' not in client.get("/nowhere").text


def test_the_front_page_lists_only_shows_with_something_to_hear(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    assert show.title not in client.get("/").text
    publish(session, storage, show, now)
    assert show.title in client.get("/").text


def test_the_show_page_plays_free_episodes_and_marks_members_ones(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    free = publish(session, storage, show, now, audience="free")
    members = publish(session, storage, show, now)
    page = client.get(f"/shows/{show.slug}").text
    assert f'src="/listen/{free.key}.mp3"' in page
    assert members.title in page
    assert f"/listen/{members.key}" not in page
    assert page.count("Members") == 1


def test_a_members_episode_plays_its_preview_and_nothing_more(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = publish(session, storage, show, now, chapters=[{"startTime": 0, "title": "Secret"}])
    episode.preview_audio_id = build_audio(session, storage, show, b"a bit").id
    session.commit()
    page = client.get(f"/shows/{show.slug}/{episode.key}").text
    assert f'src="/listen/{episode.key}.preview.mp3"' in page
    assert f"/listen/{episode.key}.mp3" not in page
    assert "Secret" not in page


def test_where_members_episodes_are_hidden_nobody_learns_of_them(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    members = publish(session, storage, show, now)
    free = publish(session, storage, show, now, audience="free")
    show.public_feed = "hidden"
    session.commit()
    assert members.title not in client.get(f"/shows/{show.slug}").text
    assert client.get(f"/shows/{show.slug}/{members.key}").status_code == 404
    sitemap = client.get("/sitemap.xml").text
    assert free.key in sitemap
    assert members.key not in sitemap


def test_drafts_scheduled_and_withdrawn_episodes_are_not_to_be_found(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    draft = publish(session, storage, show, now, audience="free", publish=False)
    later = publish(session, storage, show, now, audience="free", at=now + timedelta(hours=1))
    gone = publish(session, storage, show, now, audience="free")
    unpublish_episode(session, gone, state="withdrawn", now=now)
    session.commit()
    listed = client.get(f"/shows/{show.slug}").text + client.get("/sitemap.xml").text
    for episode in (draft, later, gone):
        assert episode.key not in listed
        assert client.get(f"/shows/{show.slug}/{episode.key}").status_code == 404
        assert client.get(f"/embed/{episode.key}").status_code == 404


def test_an_episode_is_not_found_under_another_show(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = publish(session, storage, show, now, audience="free")
    assert client.get(f"/shows/other/{episode.key}").status_code == 404


def test_plans_appear_only_once_there_are_some(app: Flask, client: FlaskClient, show: Show) -> None:
    address = f"/shows/{show.slug}"
    assert "Become a member" not in client.get(address).text
    price = Price("p1", 500, "eur", "month")
    offers = [Offer("o1", "Harbour pilot", "All of it", [price], "/join/o1", ["Fog"])]
    app.config["OFFERS"] = lambda _session, show_id, _now: offers if show_id == show.id else []
    page = client.get(address).text
    assert "Become a member" in page
    assert "€5" in page
    assert 'href="/join/o1"' in page


def test_a_long_show_has_pages(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    for number in range(22):
        build_episode(session, storage, show, now, at=now - timedelta(days=number + 1))
    session.commit()
    first, second = (client.get(f"/shows/{show.slug}?page={n}").text for n in (1, 2))
    assert (first.count("episode-row"), second.count("episode-row")) == (20, 2)
    assert 'href="?page=2"' in first
    assert client.get(f"/shows/{show.slug}?page=3").status_code == 404


def test_a_serial_show_is_told_from_its_beginning(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    show.type = "serial"
    for day, title in ((9, "First"), (5, "Second")):
        build_episode(session, storage, show, now, at=now - timedelta(days=day), title=title)
    session.commit()
    page = client.get(f"/shows/{show.slug}").text
    assert page.index("First") < page.index("Second")


def test_search_engines_learn_what_is_free(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    free = publish(session, storage, show, now, audience="free", number=3)
    members = publish(session, storage, show, now)
    told = facts_of(client.get(f"/shows/{show.slug}/{free.key}").text)
    assert told["@type"] == "PodcastEpisode"
    assert told["isAccessibleForFree"] is True
    assert told["timeRequired"] == "PT1M3S"
    assert told["associatedMedia"]["contentUrl"] == f"http://podcast.test/listen/{free.key}.mp3"
    told = facts_of(client.get(f"/shows/{show.slug}/{members.key}").text)
    assert told["isAccessibleForFree"] is False
    assert "associatedMedia" not in told
    assert facts_of(client.get(f"/shows/{show.slug}").text)["@type"] == "PodcastSeries"


def test_the_public_feed_is_discoverable(client: FlaskClient, show: Show) -> None:
    link = f'href="http://podcast.test/shows/{show.slug}/feed.xml"'
    page = client.get(f"/shows/{show.slug}").text
    assert re.search(rf'<link rel="alternate" type="application/rss\+xml"[^>]*{link}', page)


def test_private_paths_are_kept_from_robots(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text
    for path in ("/f/", "/m/", "/me", "/sign-in"):
        assert f"Disallow: {path}\n" in text
    assert "Sitemap: http://podcast.test/sitemap.xml" in text


def test_chapters_lead_to_their_place_even_without_scripts(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    chapters = [
        {"startTime": 31.5, "title": "Fog", "url": "javascript:alert(1)"},
        {"startTime": 0, "title": "Dawn"},
        {"startTime": 40, "title": "Silent", "toc": False},
    ]
    episode = publish(session, storage, show, now, audience="free", chapters=chapters)
    address = f"/shows/{show.slug}/{episode.key}"
    page = client.get(address).text
    assert page.index("Dawn") < page.index("Fog")
    assert 'href="?t=31#player"' in page
    assert "Silent" not in page
    assert "javascript:" not in page
    assert f"{episode.key}.mp3#t=31" in client.get(f"{address}?t=31").text
    assert "#t=" not in client.get(f"{address}?t=9999").text.split("<audio")[1][:200]


def test_the_transcript_is_a_page_to_read(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = publish(session, storage, show, now, audience="free")
    words = b"WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ada>Good <b>morning</b> &amp; hello\n"
    put_bytes(storage, "shows/1/words.vtt", words, content_type="text/vtt")
    episode.transcripts.append(
        Transcript(object_key="shows/1/words.vtt", mime="text/vtt", extension="vtt", size=99)
    )
    session.commit()
    address = f"/shows/{show.slug}/{episode.key}"
    assert f'href="{address}/transcript"' in client.get(address).text
    page = client.get(f"{address}/transcript").text
    assert "<strong>Ada</strong>" in page
    assert '<span data-at="1.00">Good morning &amp; hello</span>' in page


def test_a_members_transcript_is_not_public(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = publish(session, storage, show, now)
    put_bytes(storage, "shows/1/words.vtt", b"WEBVTT", content_type="text/vtt")
    episode.transcripts.append(
        Transcript(object_key="shows/1/words.vtt", mime="text/vtt", extension="vtt", size=6)
    )
    session.commit()
    address = f"/shows/{show.slug}/{episode.key}"
    assert "transcript" not in client.get(address).text
    assert client.get(f"{address}/transcript").status_code == 404


def test_pages_are_shared_by_caches_and_revalidated(client: FlaskClient, show: Show) -> None:
    first = client.get(f"/shows/{show.slug}")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "Accept-Language" in first.headers["Vary"]
    assert "Set-Cookie" not in first.headers
    again = client.get(f"/shows/{show.slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.head(f"/shows/{show.slug}").headers["ETag"] == first.headers["ETag"]


def test_pages_travel_compressed(client: FlaskClient, show: Show) -> None:
    plain = client.get(f"/shows/{show.slug}")
    zipped = client.get(f"/shows/{show.slug}", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(plain.data) / 2
    assert zipped.headers["ETag"] != plain.headers["ETag"]


def test_a_language_asked_for_is_spoken_and_remembered_privately(
    client: FlaskClient, show: Show
) -> None:
    page = client.get(f"/shows/{show.slug}?lang=fr")
    assert '<html lang="fr">' in page.text
    assert "Épisodes" in page.text
    assert "private" in page.headers["Cache-Control"]
    assert "Épisodes" in client.get(f"/shows/{show.slug}").text


def test_the_first_page_is_light(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    """Page, style, fonts, icon and script together, as transferred, without the cover."""
    for number in range(20):
        notes = f"Some words about episode {number}, with names and places. " * 20
        build_episode(session, storage, show, now, audience="free", notes=notes)
    session.commit()
    zipped = {"Accept-Encoding": "gzip"}
    page = client.get(f"/shows/{show.slug}").text
    total = len(client.get(f"/shows/{show.slug}", headers=zipped).data)
    wanted = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page))
    style = next(name for name in wanted if name.endswith("site.css"))
    css = client.get(style).text
    base = style.rsplit("/", 1)[0]
    wanted |= {f"{base}/{name}" for name in re.findall(r'url\("(fonts/[^"]+)"\)', css)}
    assert len(wanted) >= 5
    total += sum(len(client.get(name, headers=zipped).data) for name in wanted)
    assert total <= 100_000
