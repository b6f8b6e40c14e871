"""Why a mail did not leave, in words that say what to do, for whoever has never seen a log."""

from __future__ import annotations

from flask_babel import gettext

from podcast_server.mail.errors import MailError
from podcast_server.settings import MailSettings

Words = tuple[str, str]


def why_not(error: MailError, settings: MailSettings) -> Words:
    """What went wrong, and what to do about it."""
    said = {
        "host": _host,
        "address": _address,
        "refused": _refused,
        "away": _away,
        "certificate": _certificate,
        "encryption": _encryption,
        "password": _password,
        "sender": _sender,
        "recipient": _recipient,
    }.get(error.reason)
    return _other(error) if said is None else said(settings)


def _host(settings: MailSettings) -> Words:
    return (
        gettext("There is no server named %(host)s.", host=settings.host),
        gettext("Look for a typing error in the name; your mail provider's help pages have it."),
    )


def _address(settings: MailSettings) -> Words:
    return (
        gettext("%(host)s leads to an address that no mail server has.", host=settings.host),
        gettext("Use the name that your mail provider's help pages give."),
    )


def _refused(settings: MailSettings) -> Words:
    return (
        gettext(
            "Nobody answers at port %(port)s of %(host)s.", port=settings.port, host=settings.host
        ),
        gettext("Usual are port 587 with STARTTLS and port 465 with TLS."),
    )


def _away(settings: MailSettings) -> Words:
    return (
        gettext("%(host)s did not answer in time.", host=settings.host),
        gettext(
            "Is the port right? Many hosting companies block mail ports until one asks them: "
            "ask yours whether port %(port)s is open.",
            port=settings.port,
        ),
    )


def _certificate(settings: MailSettings) -> Words:
    return (
        gettext("%(host)s cannot prove that it is %(host)s.", host=settings.host),
        gettext(
            "Its certificate is for another name, or out of date. Use the very name that your "
            "mail provider gives. Nothing was sent, and no password."
        ),
    )


def _encryption(settings: MailSettings) -> Words:
    return (
        gettext("The mail server and we could not agree on how to talk."),
        gettext("Port 587 belongs to STARTTLS and port 465 to TLS: try the other of the two."),
    )


def _password(settings: MailSettings) -> Words:
    return (
        gettext("The mail server does not accept this user and password."),
        gettext(
            "Many providers want a password made for programs (an “app password” or an SMTP key) "
            "instead of the one you sign in with."
        ),
    )


def _sender(settings: MailSettings) -> Words:
    return (
        gettext("The mail server does not send mail from %(sender)s.", sender=settings.sender),
        gettext("Use an address of your account there, or have your domain confirmed there first."),
    )


def _recipient(settings: MailSettings) -> Words:
    return (
        gettext("The mail server does not take mail for your address."),
        gettext(
            "Some providers send to confirmed addresses only until they have looked at an account."
        ),
    )


def _other(error: MailError) -> Words:
    if error.code:
        return (
            gettext("The mail server refused, with the number %(code)s.", code=error.code),
            gettext("Your mail provider's support can say what that number means there."),
        )
    return (
        gettext("The mail server cannot be used."),
        gettext("Look at name, port and encryption again; your mail provider's help has them."),
    )
