"""Real SMTP against a real server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from podcast_server.mail.transport import (
    MailError,
    MailRefused,
    SmtpTransport,
    choose_transport,
)
from podcast_server.settings import MailSettings
from tests.running import PATIENCE, free_port


class Mailbox:
    """Takes everything but what is for strangers."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        if address.startswith("busy@"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SmtpTransport]]:
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE)
    controller.start()
    yield box, SmtpTransport(MailSettings(host="127.0.0.1", port=port, security="none"))
    controller.stop()


def mail_to(recipient: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", recipient, "Grüße"
    mail.set_content("Hello")
    return mail


def test_a_mail_arrives(mailbox: tuple[Mailbox, SmtpTransport]) -> None:
    box, transport = mailbox
    transport.send(mail_to("ada@example.org"))
    assert box.envelopes[0].rcpt_tos == ["ada@example.org"]


def test_no_for_good_and_not_now_are_told_apart(mailbox: tuple[Mailbox, SmtpTransport]) -> None:
    _box, transport = mailbox
    with pytest.raises(MailRefused):
        transport.send(mail_to("nobody@example.org"))
    with pytest.raises(MailError) as caught:
        transport.send(mail_to("busy@example.org"))
    assert not isinstance(caught.value, MailRefused)


def test_a_server_that_is_not_there_is_an_error_to_try_again() -> None:
    transport = SmtpTransport(MailSettings(host="127.0.0.1", port=1, security="none"))
    with pytest.raises(MailError, match="cannot be used"):
        transport.send(mail_to("ada@example.org"))


def test_no_host_means_no_transport() -> None:
    assert choose_transport(MailSettings()) is None
