"""`doctor` on mail: does the mail server take it, and will others believe it?"""

from __future__ import annotations

import smtplib
import ssl

from podcast_server.cli.findings import Finding
from podcast_server.mail.sender_domain import (
    NamesUnavailable,
    TextRecords,
    check_domain,
    domain_of,
    is_reserved,
    text_records,
)
from podcast_server.settings import Settings


def check_mail(settings: Settings) -> Finding:
    """The mail server takes our name and password."""
    mail = settings.mail
    if not mail.host:
        return Finding(
            "mail",
            "note",
            "no mail server: mails stay in the outbox",
            "set [mail] host, username, password and sender, or Settings → Mail in the studio",
        )
    try:
        _greet_mail_server(settings)
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            "mail",
            "failed",
            f"{mail.host}:{mail.port} does not accept us: {error}",
            "check [mail] host, port, security, username and password, or Settings → Mail",
        )
    if not mail.sender:
        return Finding("mail", "failed", "there is no sender", "set [mail] sender")
    return Finding("mail", "ok", f"{mail.host}:{mail.port} as {mail.sender}")


def _greet_mail_server(settings: Settings) -> None:
    mail = settings.mail
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=10, context=context)
        if mail.security == "tls"
        else smtplib.SMTP(mail.host, mail.port, timeout=10)
    ) as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.username:
            server.login(mail.username, mail.password.get_secret_value())
        server.noop()


def check_sender(settings: Settings, records: TextRecords = text_records) -> list[Finding]:
    """Whether receivers will believe our mail: hints only, since it may be sent all the same."""
    domain = domain_of(settings.mail.sender)
    if not settings.mail.host or not domain or is_reserved(domain):
        return []
    try:
        found = check_domain(domain, settings.mail.dkim_selector, records=records)
    except NamesUnavailable as error:
        advice = "run doctor again where names can be looked up"
        return [Finding("sender", "note", f"SPF, DKIM and DMARC were not checked: {error}", advice)]
    return [
        Finding(
            f"sender {each.subject}", "note" if each.advice else "ok", each.message, each.advice
        )
        for each in found
    ]
