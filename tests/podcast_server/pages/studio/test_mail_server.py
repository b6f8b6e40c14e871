"""The owner sets the mail server in the studio: tried first, kept sealed, never shown again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from flask import Flask
from sqlalchemy import select

from episodes.models import Show
from feeds.delivery.lane import Lane
from feeds.tokens import SigningKey, Tokens
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.app import create_app
from podcast_server.mail.letter import Letter
from podcast_server.mail.outbox import put_letter, send_due
from podcast_server.services import Services, open_transport
from podcast_server.settings import MailSettings
from podcast_server.site.choices import SiteChoices
from podcast_server.site.models import SiteSection
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk
from tests.running import PATIENCE, free_port

# The trial server takes passwords in the clear, within this machine.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

PAGE = "/studio/site/mail"
SECRET = "twelve-grey-seals"
SENDER = "Harbour <mail@harbour.fm>"


class Provider:
    """A mail server with one account."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.port = free_port()

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 OK"

    def check(self, _server: SMTP, _session: Any, _envelope: Any, _how: str, who: Any) -> Any:
        right = isinstance(who, LoginPassword) and who == LoginPassword(b"ada", SECRET.encode())
        return AuthResult(success=right, handled=False)


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    controller = Controller(
        made,
        hostname="127.0.0.1",
        port=made.port,
        ready_timeout=PATIENCE,
        authenticator=made.check,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield made
    controller.stop()


def typed(at: int, **fields: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": str(at),
        "security": "none",
        "username": "ada",
        "password": SECRET,
        "sender": SENDER,
    } | fields


def test_what_works_is_kept_and_all_mail_leaves_that_way(
    owner: Desk, provider: Provider, services: Services
) -> None:
    answer = owner.send(PAGE, **typed(provider.port))
    assert "It works, and is saved." in answer.text
    assert [each.rcpt_tos for each in provider.envelopes] == [["owner@example.org"]]
    now = services.current.mail
    assert (now.host, now.username, now.sender) == ("127.0.0.1", "ada", SENDER)
    assert now.password.get_secret_value() == SECRET
    assert "owner@example.org" in owner.send(PAGE + "/try").text
    assert len(provider.envelopes) == 2


def test_the_password_is_sealed_and_never_shown_again(
    owner: Desk, provider: Provider, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = owner.send(PAGE, **typed(provider.port))
    with services.sessions() as session:
        [kept] = session.scalars(select(SiteSection.value))
        entries = [each.subject for each in session.scalars(select(AuditEntry))]
    assert SECRET not in kept
    assert SECRET not in " ".join([answer.text, owner.get(PAGE).text, *entries, caplog.text])
    assert "127.0.0.1, ada" in entries


def test_a_wrong_password_is_said_and_nothing_is_kept(
    owner: Desk, provider: Provider, services: Services
) -> None:
    answer = owner.send(PAGE, **typed(provider.port, password="seven-red-crabs"))
    assert "does not accept this user and password" in answer.text
    assert services.current.mail.host == ""
    assert "seven-red-crabs" not in answer.text
    assert provider.envelopes == []


def test_it_can_be_kept_without_a_trial(owner: Desk, services: Services) -> None:
    owner.send(PAGE, **typed(free_port(), act="save"))
    assert services.current.mail.host == "127.0.0.1"


def test_a_port_where_nobody_answers_is_named(owner: Desk) -> None:
    port = free_port()
    assert f"Nobody answers at port {port}" in owner.send(PAGE, **typed(port)).text


def test_a_name_that_does_not_exist_is_named(owner: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_args: object, **_named: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    answer = owner.send(PAGE, **typed(25, host="smtp.exmaple.org"))
    assert "There is no server named smtp.exmaple.org." in answer.text


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0"]
)
def test_addresses_that_tell_a_clouds_secrets_are_not_asked(owner: Desk, host: str) -> None:
    answer = owner.send(PAGE, **typed(80, host=host))
    assert "leads to an address that no mail server has" in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"host": "https://smtp.example.org"}, "without https://"),
        ({"host": "a b"}, "without https://"),
        ({"host": ""}, "Which server"),
        ({"port": "70000"}, "A port is a number"),
        ({"sender": "nobody"}, "An address such as"),
        ({"sender": "a@b.org\r\nBcc: x@y.org"}, "An address such as"),
        ({"password": "caf\u00e9"}, "Letters with accents"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    owner: Desk, services: Services, fields: dict[str, str], said: str
) -> None:
    assert said in owner.send(PAGE, **typed(25, act="save", **fields)).text
    assert services.current.mail.host == ""


def test_the_password_stays_when_the_field_is_left_empty(owner: Desk, services: Services) -> None:
    port = free_port()
    owner.send(PAGE, **typed(port, act="save"))
    owner.send(PAGE, **typed(port, act="save", password="", sender="other@harbour.fm"))
    now = services.current.mail
    assert (now.sender, now.password.get_secret_value()) == ("other@harbour.fm", SECRET)


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"username": "x"}, {"port": "26"}])
def test_a_kept_password_is_not_sent_elsewhere(
    owner: Desk, services: Services, change: dict[str, str]
) -> None:
    owner.send(PAGE, **typed(25, act="save"))
    answer = owner.send(PAGE, **typed(25, act="save", password="", **change))
    assert "Type the password again" in answer.text
    assert services.current.mail.host == "127.0.0.1"


def test_removing_it_deletes_the_password(owner: Desk, services: Services) -> None:
    owner.send(PAGE, **typed(25, act="save"))
    assert "waits in the outbox" in owner.send(PAGE + "/forget").text
    with services.sessions() as session:
        assert session.scalars(select(SiteSection)).all() == []


def test_another_process_sees_it_without_a_restart(
    owner: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(services, site_choices=SiteChoices())
    assert other.current.mail.host == ""
    owner.send(PAGE, **typed(25, act="save"))
    assert other.current.mail.host == ""  # not asked again for some seconds
    monkeypatch.setattr("podcast_server.site.choices.FRESH", 0.0)
    assert other.current.mail.host == "127.0.0.1"


def test_with_other_signing_keys_the_password_is_asked_for_again(
    owner: Desk, services: Services
) -> None:
    owner.send(PAGE, **typed(25, act="save"))
    other = Tokens([SigningKey("other", "6b" * 32, "2026-01-01")])
    restored = replace(services, tokens=other, site_choices=SiteChoices())
    server = restored.mail_server
    assert (server.locked, server.settings.password.get_secret_value()) == (True, "")
    assert open_transport(restored) is None  # mail is kept meanwhile, not lost


def test_what_the_operator_set_holds_and_is_only_shown(
    services: Services, lane: Lane, clock: Clock, hire: Callable[..., Desk]
) -> None:
    hire("owner")
    mail = MailSettings(host="smtp.operator.example", sender="us@operator.example")
    settings = services.settings.model_copy(update={"mail": mail})
    app: Flask = create_app(replace(services, settings=settings), lane, lambda: clock.now)
    desk = Desk(app, HTTP_HOST="127.0.0.1:8000")
    desk.enter("owner@example.org")
    page = desk.get(PAGE).text
    assert "smtp.operator.example" in page
    assert "only they can change it" in page
    assert 'name="host"' not in page
    assert desk.send(PAGE, **typed(25, act="save")).status_code == 404


def test_editors_may_not_look_at_it(hire: Callable[..., Desk], harbour: Show) -> None:
    editor = hire("editor", harbour)
    assert editor.get(PAGE).status_code == 403
    assert editor.send(PAGE, **typed(25)).status_code == 403
    assert editor.send(PAGE + "/try").status_code == 403
    assert editor.send(PAGE + "/forget").status_code == 403


def test_what_waited_for_a_mail_server_is_sent(
    owner: Desk, services: Services, provider: Provider, now: datetime
) -> None:
    with services.sessions.begin() as session:
        for name in ("ada", "bob"):
            letter = Letter("trial", "en", "Hello", ["Hi"])
            put_letter(session, letter, f"{name}@example.org", site_name="Quay", now=now)
    send_due(services.sessions, None, services.settings, now)
    assert "What waits" not in owner.get(PAGE).text
    assert "No mail server is set." in owner.send(PAGE + "/send-kept").text
    assert "2 mails were written" in owner.send(PAGE, **typed(provider.port)).text
    owner.send(PAGE + "/send-kept")
    send_due(services.sessions, open_transport(services), services.current, now)
    sent = [each.rcpt_tos for each in provider.envelopes[1:]]
    assert sent == [["ada@example.org"], ["bob@example.org"]]
    assert "What waits" not in owner.get(PAGE).text
