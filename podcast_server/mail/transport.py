"""How mail leaves: SMTP with the settings' security (RFC 5321, RFC 8314)."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Protocol

from podcast_server.mail.errors import MailError, MailRefused, in_our_words
from podcast_server.mail.whereabouts import look_up, require_ordinary
from podcast_server.settings import MailSettings

__all__ = ["MailError", "MailRefused", "SmtpTransport", "Transport", "choose_transport"]

TIMEOUT = 20  # seconds


class Transport(Protocol):
    """Takes a finished mail."""

    def send(self, mail: EmailMessage) -> None:
        """Hand it over. Raises MailError or MailRefused."""
        ...


class SmtpTransport:
    """One connection for each mail; the numbers here are small."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, mail: EmailMessage) -> None:
        """Hand it to the mail server of the settings."""
        try:
            with self._connect() as server:
                server.send_message(mail)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise in_our_words(error) from error

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        look_up(settings.host, settings.port)
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
        try:
            # A name may lead elsewhere than a moment ago (DNS rebinding).
            if server.sock is not None:
                require_ordinary(server.sock.getpeername()[0])
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                _log_in(server, settings)
        except BaseException:
            server.close()
            raise
        return server


def _log_in(server: smtplib.SMTP, settings: MailSettings) -> None:
    try:
        server.login(settings.username, settings.password.get_secret_value())
    except UnicodeError as error:  # smtplib knows passwords in ASCII alone
        raise MailError("the password has letters that cannot be sent", "password") from error


def choose_transport(settings: MailSettings) -> Transport | None:
    """SMTP, or None where no mail server is set: mail then stays in the outbox."""
    return SmtpTransport(settings) if settings.host else None
