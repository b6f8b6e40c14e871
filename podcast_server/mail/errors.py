"""Why a mail did not leave, told apart as people need it: what is wrong, and with what."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl
from typing import Literal

Reason = Literal[
    "host",  # there is no such name
    "address",  # the name leads where no mail server is
    "refused",  # nobody listens at the port
    "away",  # no answer in time, or no way there
    "certificate",  # it is not who it claims to be
    "encryption",  # it encrypts in another way than we were told
    "password",
    "sender",
    "recipient",
    "said",  # something else; ``code`` is the server's
    "other",
]


class MailError(Exception):
    """The mail did not leave; try again later. ``code`` is the server's own, 0 for none.

    What else the server said is left out: it is a stranger's words, and may be anything.
    """

    def __init__(self, text: str, reason: Reason = "other", code: int = 0) -> None:
        super().__init__(text)
        self.reason: Reason = reason
        self.code = code


class MailRefused(MailError):
    """The mail will never be taken: wrong address, or the server says no for good."""


_NO_WAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL}


def in_our_words(error: OSError | smtplib.SMTPException | UnicodeError) -> MailError:
    """What smtplib raised, as an error of ours."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        kind = MailRefused if all(code >= 500 for code in codes) else MailError
        return kind(f"the address was refused ({codes})", "recipient", max(codes, default=0))
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailError("the mail server does not accept the password", "password")
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        # Neither of encryption nor of passwords does it want to hear: not on this port.
        return MailError("the mail server cannot do what is asked of it", "encryption")
    return MailError(f"the mail server cannot be used: {type(error).__name__}", _cause(error))


def _said(error: smtplib.SMTPResponseException) -> MailError:
    code = error.smtp_code
    kind = MailRefused if 500 <= code < 600 else MailError
    reason: Reason = "said"
    if code == 530:  # RFC 4954: it wants a password first
        reason = "password"
    elif isinstance(error, smtplib.SMTPSenderRefused):
        reason = "sender"
    return kind(f"the mail server said {code}", reason, code)


def _cause(error: Exception) -> Reason:
    if isinstance(error, socket.gaierror | UnicodeError):  # a name no name server could have
        return "host"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(error, ssl.SSLError | smtplib.SMTPServerDisconnected):
        return "encryption"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError) or getattr(error, "errno", None) in _NO_WAY:
        return "away"
    return "other"
