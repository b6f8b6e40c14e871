"""What hostile words, addresses and visitors try on public pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.delivery.lane import Lane
from podcast_server.app import create_app
from podcast_server.security import Policy, base_policy
from podcast_server.services import Services
from podcast_server.settings import StripeSettings
from tests.builders import build_episode, build_show
from tests.podcast_server.conftest import moved

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "{{ 70*707 }}{% for x in y %}",
    "' onmouseover='alert(1)",
    "<!--<script>",
]


class Elements(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def dangers(page: str) -> list[str]:
    """Everything in a page that would run or style from within it."""
    parser = Elements()
    parser.feed(page)
    bad = []
    for tag, attributes in parser.found:
        inline = tag == "script" and "src" not in attributes
        if inline and not (attributes.get("type") or "").endswith("json"):
            bad.append("inline script")
        bad += [f"{tag} {name}" for name in attributes if name.startswith("on") or name == "style"]
        bad += [
            f"{tag} {value}"
            for value in attributes.values()
            if value and value.strip().lower().startswith("javascript:")
        ]
        if tag == "img" and not (attributes.get("src") or "").startswith("/"):
            bad.append("foreign image")
    return bad


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_titles_names_and_notes_stay_words(
    client: FlaskClient, session: Session, storage: Storage, now: datetime, words: str
) -> None:
    show = build_show(session, now, title=words, author=words, description=words, copyright=words)
    episode = build_episode(
        session,
        storage,
        show,
        now,
        audience="free",
        title=words,
        notes=words,
        chapters=[{"startTime": 1, "title": words, "url": words}],
    )
    session.commit()
    for path in ("/", f"/shows/{show.slug}", f"/shows/{show.slug}/{episode.key}"):
        page = client.get(path)
        assert page.status_code == 200
        assert dangers(page.text) == []
        assert "49490" not in page.text
    assert dangers(client.get(f"/embed/{episode.key}").text) == []


def test_a_page_runs_nothing_inline_and_asks_no_other_host(client: FlaskClient, show: Show) -> None:
    answer = client.get(f"/shows/{show.slug}")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert dangers(answer.text) == []
    loaded = re.findall(r'<(?:script|img|audio)[^>]+src="([^"]+)"', answer.text)
    loaded += re.findall(r'<link rel="(?:stylesheet|icon|preload)"[^>]+href="([^"]+)"', answer.text)
    assert all(address.startswith("/") for address in loaded)


def test_no_other_site_can_frame_a_page_but_the_player(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = build_episode(session, storage, show, now, audience="free")
    session.commit()
    page = client.get(f"/shows/{show.slug}/{episode.key}")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    player = client.get(f"/embed/{episode.key}")
    assert "X-Frame-Options" not in player.headers
    assert "frame-ancestors *" in player.headers["Content-Security-Policy"]


def test_addresses_never_leave_with_a_click(client: FlaskClient, show: Show) -> None:
    assert client.get(f"/shows/{show.slug}").headers["Referrer-Policy"] == "same-origin"


def test_a_foreign_host_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert "evil" not in client.get("/", headers={"Host": "evil.example"}).text


def test_absolute_addresses_come_from_the_settings_not_from_the_request(
    client: FlaskClient, show: Show
) -> None:
    page = client.get(f"/shows/{show.slug}", headers={"Host": "127.0.0.1:9999"}).text
    assert "127.0.0.1" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/assets/x/../../security.py",
        "/assets/x/%2e%2e/%2e%2e/settings.py",
        "/assets/x/layout/base.html",
        "/covers/320/1/../../../etc/passwd",
        "/covers/321/1/artwork-" + "a" * 32 + ".jpg",
        "/covers/320/1/audio-" + "a" * 32 + ".mp3",
        "/shows/..%2f..%2f",
    ],
)
def test_no_path_leads_out_of_its_folder(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_address_asked_of_oembed_must_be_one_of_ours(
    client: FlaskClient, session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    episode = build_episode(session, storage, show, now, audience="free", title='A "<b>"')
    session.commit()
    ours = f"http://podcast.test/shows/{show.slug}/{episode.key}"
    told = client.get("/oembed", query_string={"url": ours}).json
    assert told is not None
    assert f'src="http://podcast.test/embed/{episode.key}"' in told["html"]
    assert 'title="A &quot;&lt;b&gt;&quot;"' in told["html"]
    for url in ("http://podcast.test.evil.example/shows/a/" + episode.key, "//x", "", ours + "/x"):
        assert client.get("/oembed", query_string={"url": url}).status_code == 404
    assert client.get("/oembed", query_string={"url": ours, "format": "xml"}).status_code == 501


def test_an_https_site_insists_on_https(services: Services, lane: Lane) -> None:
    app = create_app(moved(services, "https://pod.example"), lane)
    answer = app.test_client().get("/", headers={"Host": "pod.example"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert app.config["SESSION_COOKIE_SECURE"] is True


def test_an_error_page_gives_nothing_away(app: Flask, client: FlaskClient) -> None:
    @app.get("/breaks")
    def breaks() -> str:
        raise RuntimeError("a secret in a message")

    answer = client.get("/breaks")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret" not in answer.text
    wanted = {"Accept": "application/json"}
    assert client.get("/nowhere", headers=wanted).json == {
        "error": "The address may have a typing error, or what was here has moved.",
        "status": 404,
    }


def test_a_form_may_lead_to_the_payment_page_and_nowhere_else(services: Services) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    plain = base_policy(services.storage, services.settings, now)
    assert "form-action 'self';" in plain.header()
    paid = services.settings.model_copy(
        update={"stripe": StripeSettings(secret_key=SecretStr("sk_test"))}
    )
    header = base_policy(services.storage, paid, now).header()
    assert "form-action 'self' https://checkout.stripe.com https://billing.stripe.com;" in header


def test_audio_from_the_bucket_is_allowed_by_name() -> None:
    header = Policy(media="'self' https://bucket.example").header()
    assert "media-src 'self' https://bucket.example;" in header
