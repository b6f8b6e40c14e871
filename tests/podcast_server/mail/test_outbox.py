"""Mail leaves once, later when it must, and never tells its secrets afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from podcast_server.database import reading
from podcast_server.mail.letters import sign_in_letter
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.outbox import WAITS, as_message, put_letter, send_due
from podcast_server.mail.transport import MailError, MailRefused
from podcast_server.services import Services

LINK = "http://podcast.test/sign-in/abcdef"


@dataclass
class Letterbox:
    """A transport that collects, or fails as told."""

    failure: MailError | None = None
    mails: list[EmailMessage] = field(default_factory=list)

    def send(self, mail: EmailMessage) -> None:
        if self.failure:
            raise self.failure
        self.mails.append(mail)


@pytest.fixture
def put(session: Session, now: datetime) -> Callable[..., OutgoingMail]:
    def queue(recipient: str = "ada@example.org", **more: datetime) -> OutgoingMail:
        letter = sign_in_letter("en", "Tidewater", LINK, "123456")
        mail = put_letter(session, letter, recipient, site_name="Tidewater", now=now, **more)
        session.commit()
        return mail

    return queue


def reread(services: Services, mail: OutgoingMail) -> OutgoingMail:
    with reading(services.engine) as session:
        return session.get_one(OutgoingMail, mail.id)


def test_a_mail_leaves_once_and_its_words_are_then_forgotten(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    mail, box = put(), Letterbox()
    for _ in range(2):
        send_due(services.sessions, box, services.settings, now)
    assert [sent["To"] for sent in box.mails] == ["ada@example.org"]
    stored = reread(services, mail)
    assert (stored.state, stored.text, stored.html) == ("sent", "", "")


def test_without_a_mail_server_it_is_kept_and_no_secret_is_logged(
    services: Services,
    put: Callable[..., OutgoingMail],
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail = put()
    with caplog.at_level(logging.DEBUG):
        assert send_due(services.sessions, None, services.settings, now).kept == 1
    assert "kept in the outbox" in caplog.text
    for secret in (LINK, "123456", "ada@example.org"):
        assert secret not in caplog.text
    assert LINK in reread(services, mail).text


def test_a_kept_mail_is_emptied_when_its_link_has_run_out(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    mail = put(expires_at=now + timedelta(minutes=15))
    send_due(services.sessions, None, services.settings, now)
    send_due(services.sessions, None, services.settings, now + timedelta(minutes=15))
    assert (reread(services, mail).state, reread(services, mail).text) == ("expired", "")


def test_a_server_that_is_away_is_tried_again_later_and_later(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    mail, away = put(), Letterbox(MailError("away"))
    moment = now
    for wait in WAITS:
        send_due(services.sessions, away, services.settings, moment)
        assert reread(services, mail).due_at == moment + wait
        moment += wait
    back = Letterbox()
    send_due(services.sessions, back, services.settings, moment - timedelta(seconds=1))
    assert back.mails == []
    send_due(services.sessions, back, services.settings, moment)
    assert len(back.mails) == 1


def test_a_refused_address_is_not_tried_again(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    mail = put()
    send_due(services.sessions, Letterbox(MailRefused("no such user")), services.settings, now)
    assert reread(services, mail).state == "failed"
    assert reread(services, mail).text == ""


def test_a_mail_whose_sender_crashed_is_sent_after_a_while(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    put()

    class Crash:
        def send(self, mail: EmailMessage) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        send_due(services.sessions, Crash(), services.settings, now)
    box = Letterbox()
    send_due(services.sessions, box, services.settings, now + timedelta(minutes=1))
    assert box.mails == []
    send_due(services.sessions, box, services.settings, now + timedelta(minutes=11))
    assert len(box.mails) == 1


def test_both_forms_say_the_same_and_hostile_names_stay_words(
    services: Services, session: Session, now: datetime
) -> None:
    name = "Evil\r\nBcc: all@example.org <script>"
    letter = sign_in_letter("en", name, LINK, "123456")
    mail = put_letter(session, letter, "ada@example.org", site_name=name, now=now)
    message = as_message(mail, services.settings, now)
    assert message["Bcc"] is None
    assert "Bcc: all@example.org" in message["Subject"]
    plain = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert plain
    assert html
    assert LINK in plain.get_content()
    assert LINK in html.get_content()
    assert "123456" in plain.get_content()
    assert "<script>" not in html.get_content()


def test_letters_speak_the_readers_language() -> None:
    letter = sign_in_letter("fr", "Tidewater", LINK, "123456")
    assert letter.subject == "Votre accès à Tidewater"
    assert letter.action == ("Se connecter", LINK)


def test_an_address_that_no_mail_can_carry_fails_alone(
    services: Services, put: Callable[..., OutgoingMail], now: datetime
) -> None:
    odd, fine, box = put("a..b@[@example.org"), put(), Letterbox()
    send_due(services.sessions, box, services.settings, now)
    assert reread(services, odd).state == "failed"
    assert reread(services, fine).state == "sent"
