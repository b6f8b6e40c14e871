"""The owner names and colours the site, and tries out what it stands on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from episodes.models import Show
from podcast_server.pages.studio.site import checks
from podcast_server.services import Services
from podcast_server.settings import Settings, StripeSettings
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/site"


def save(owner: Desk, **fields: str) -> str:
    values = {"name": "Quay Radio", "language": "en", "accent": "#0b5cad"} | fields
    return owner.send(PAGE, **values).text


def test_a_new_name_stands_on_every_page_at_once(
    owner: Desk, client: FlaskClient, services: Services, harbour: Show
) -> None:
    assert "Saved." in save(owner)
    assert "Quay Radio" in client.get("/").text
    assert services.settings.site.name != "Quay Radio"


def test_the_colour_comes_as_a_stylesheet_of_its_own(
    owner: Desk, client: FlaskClient, harbour: Show
) -> None:
    assert "/look/" not in client.get("/").text
    save(owner)
    found = re.search(r'href="(/look/[^"]+)"', client.get("/").text)
    assert found
    sheet = client.get(found[1])
    assert "--accent:#0b5cad" in sheet.text
    assert sheet.mimetype == "text/css"
    assert "immutable" in sheet.headers["Cache-Control"]


@pytest.mark.parametrize("colour", ["red", "ffb31", "12345g", "..%2Fx", "ffb31a%7D"])
def test_an_address_that_is_no_colour_is_not_found(client: FlaskClient, colour: str) -> None:
    assert client.get(f"/look/{colour}.css").status_code == 404


def test_the_sites_language_is_for_those_who_ask_for_none(
    owner: Desk, client: FlaskClient, harbour: Show
) -> None:
    client.environ_base.pop("HTTP_ACCEPT_LANGUAGE")
    assert 'lang="en"' in client.get("/").text
    save(owner, language="fr")
    assert 'lang="fr"' in client.get("/").text


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"name": " "}, "A site needs a name."),
        ({"accent": "red;}"}, "Choose a colour."),
        ({"language": "xx"}, "look at the marked fields"),
    ],
)
def test_what_cannot_be_is_told_at_the_field(
    owner: Desk, fields: dict[str, str], answer: str
) -> None:
    assert answer in save(owner, **fields)


def test_scripts_in_the_name_never_run(owner: Desk, client: FlaskClient, harbour: Show) -> None:
    save(owner, name="<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/").text


def test_editors_do_not_change_the_site(hire: Callable[..., Desk], harbour: Show) -> None:
    editor = hire("editor", harbour)
    assert editor.get(PAGE).status_code == 403
    assert editor.send(PAGE, name="Mine").status_code == 403


def test_storage_is_tried(owner: Desk) -> None:
    assert (
        "Files can be written, read as a whole and in parts, and deleted."
        in owner.send(PAGE + "/try/storage").text
    )


def test_without_a_mail_server_the_trial_says_what_to_do(owner: Desk) -> None:
    assert "waits in the outbox" in owner.send(PAGE + "/try/mail").text


def test_a_trial_mail_goes_to_whoever_asks(owner: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[EmailMessage] = []

    class Box:
        def send(self, mail: EmailMessage) -> None:
            sent.append(mail)

    monkeypatch.setattr(checks, "choose_transport", lambda _settings: Box())
    assert "owner@example.org" in owner.send(PAGE + "/try/mail").text
    assert [mail["To"] for mail in sent] == ["owner@example.org"]


def test_payments_by_hand_need_no_trial(owner: Desk) -> None:
    assert "confirmed by hand" in owner.send(PAGE + "/try/payments").text


def test_stripe_is_asked_where_it_is_set(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(stripe=StripeSettings(secret_key="sk_test_x"))  # type: ignore[arg-type]

    class Selling:
        def check(self, _url: str) -> list[object]:
            from podcast_server.billing.providers.base import Finding

            return [Finding("webhook", "is missing", "run payments connect")]

    class Till:
        selling = Selling()

    changed = replace(services, settings=settings, till=Till())  # type: ignore[arg-type]
    [result] = checks.try_payments(changed, "", None)  # type: ignore[arg-type]
    assert (result.good, result.advice) == (False, "run payments connect")


def test_there_are_three_trials_and_no_others(owner: Desk) -> None:
    assert owner.send(PAGE + "/try/everything").status_code == 404


def test_settings_lead_to_the_keys_of_scripts(owner: Desk) -> None:
    page = owner.get("/studio/site").text
    assert 'href="/studio/account#keys"' in page
    assert 'href="/studio/people#keys"' in page
