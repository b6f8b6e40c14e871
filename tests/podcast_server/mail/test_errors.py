"""What smtplib raises, told apart as people need it; a stranger's words are left out."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl

import pytest

from podcast_server.mail.errors import MailError, MailRefused, in_our_words
from podcast_server.mail.whereabouts import require_ordinary


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "host"),
        (UnicodeError("label too long"), "host"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "refused"),
        (TimeoutError("x"), "away"),
        (OSError(errno.ENETUNREACH, "x"), "away"),
        (ssl.SSLCertVerificationError(1, "x"), "certificate"),
        (ssl.SSLError(1, "wrong version number"), "encryption"),
        (smtplib.SMTPServerDisconnected("x"), "encryption"),
        (smtplib.SMTPNotSupportedError("x"), "encryption"),
        (smtplib.SMTPAuthenticationError(535, b"x"), "password"),
        (smtplib.SMTPSenderRefused(530, b"x", "a"), "password"),
        (smtplib.SMTPSenderRefused(553, b"x", "a"), "sender"),
        (smtplib.SMTPDataError(554, b"x"), "said"),
        (OSError("x"), "other"),
    ],
)
def test_each_trouble_has_its_reason(raised: OSError, reason: str) -> None:
    assert in_our_words(raised).reason == reason


def test_a_banner_is_not_repeated() -> None:
    error = in_our_words(smtplib.SMTPConnectError(554, b"SECRET of the host inside"))
    assert (str(error), error.code) == ("the mail server said 554", 554)


def test_no_for_good_is_refused_and_not_now_is_not() -> None:
    assert isinstance(in_our_words(smtplib.SMTPDataError(554, b"")), MailRefused)
    assert not isinstance(in_our_words(smtplib.SMTPDataError(451, b"")), MailRefused)


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.1.9", "10.0.0.2", "::1", "192.0.2.7"])
def test_a_mail_server_may_be_in_the_own_network(address: str) -> None:
    require_ordinary(address)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "224.0.0.1", "::", "0.0.0.0"]
)
def test_no_mail_server_is_where_clouds_tell_secrets(address: str) -> None:
    with pytest.raises(MailError):
        require_ordinary(address)
