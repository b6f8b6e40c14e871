"""How mail leaves: SMTP with the settings' security (RFC 5321, RFC 8314)."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Protocol

from podcast_server.settings import MailSettings

TIMEOUT = 20  # seconds


class MailError(Exception):
    """The mail did not leave; try again later."""


class MailRefused(MailError):
    """The mail will never be taken: wrong address, or the server says no for good."""


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
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            kind = MailRefused if all(code >= 500 for code in codes) else MailError
            raise kind(f"the address was refused ({codes})") from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailError("the mail server does not accept the password") from error
        except smtplib.SMTPResponseException as error:
            kind = MailRefused if 500 <= error.smtp_code < 600 else MailError
            raise kind(f"the mail server said {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"the mail server cannot be used: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
        try:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, settings.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


def choose_transport(settings: MailSettings) -> Transport | None:
    """SMTP, or None where no mail server is set: mail then stays in the outbox."""
    return SmtpTransport(settings) if settings.host else None
