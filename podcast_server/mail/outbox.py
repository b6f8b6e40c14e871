"""Put mail into the outbox, and send what is due: once each, later again when it fails."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from podcast_server.mail.letter import Letter, render_letter
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.transport import MailError, MailRefused, Transport
from podcast_server.settings import Settings

log = logging.getLogger(__name__)

WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720)]
# A mail that was being sent when the process ended is tried again after this.
CLAIM = timedelta(minutes=10)
BATCH = 100
KEEP = timedelta(days=60)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@.]+(\.[^\s<>()\[\],;:\\\"@.]+)*@[^\s<>()\[\],;:\\\"@]+")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of sending did."""

    sent: int = 0
    kept: int = 0
    failed: int = 0


def put_letter(
    session: Session,
    letter: Letter,
    recipient: str,
    *,
    site_name: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> OutgoingMail:
    """Queue a letter. It leaves only after the transaction it belongs to."""
    rendered = render_letter(letter, site_name)
    mail = OutgoingMail(
        kind=letter.kind,
        recipient=recipient,
        language=letter.language,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        unsubscribe=letter.unsubscribe[1] if letter.unsubscribe else "",
        created_at=now,
        due_at=now,
        expires_at=expires_at,
    )
    session.add(mail)
    session.flush()
    return mail


def send_due(
    sessions: sessionmaker[Session], transport: Transport | None, settings: Settings, now: datetime
) -> Round:
    """Send what is due. Without a transport it is kept, for the podcaster to read."""
    forget_expired(sessions, now)
    with sessions() as session:
        due = list(
            session.scalars(
                select(OutgoingMail.id)
                .where(OutgoingMail.state.in_(("queued", "sending")), OutgoingMail.due_at <= now)
                .order_by(OutgoingMail.due_at)
                .limit(BATCH)
            )
        )
    outcomes = [_send_one(sessions, transport, settings, mail_id, now) for mail_id in due]
    return Round(*(outcomes.count(word) for word in ("sent", "kept", "failed")))


def forget_expired(sessions: sessionmaker[Session], now: datetime) -> None:
    """Empty the mails whose time has passed, and delete very old ones."""
    waiting = OutgoingMail.state.in_(("queued", "kept"))
    with sessions.begin() as session:
        session.execute(
            update(OutgoingMail)
            .where(waiting, OutgoingMail.expires_at <= now)
            .values(state="expired", text="", html="")
        )
        session.execute(delete(OutgoingMail).where(OutgoingMail.created_at < now - KEEP))


def _send_one(
    sessions: sessionmaker[Session],
    transport: Transport | None,
    settings: Settings,
    mail_id: int,
    now: datetime,
) -> str:
    with sessions.begin() as session:
        if not _claim(session, mail_id, now):
            return "taken"
        mail = session.get_one(OutgoingMail, mail_id)
    if transport is None:
        log.info("mail %d (%s) is kept in the outbox: no mail server is set", mail.id, mail.kind)
        _finish(sessions, mail_id, state="kept")
        return "kept"
    try:
        transport.send(_as_message_or_refuse(mail, settings, now))
    except MailError as error:
        return _try_later(sessions, mail, error, now)
    _finish(sessions, mail_id, state="sent", sent_at=now, text="", html="", error="")
    return "sent"


def _claim(session: Session, mail_id: int, now: datetime) -> bool:
    """Take a mail for ourselves; false when another process was faster."""
    taken = session.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.id == mail_id,
            or_(OutgoingMail.state == "queued", OutgoingMail.state == "sending"),
            OutgoingMail.due_at <= now,
        )
        .values(state="sending", due_at=now + CLAIM)
    )
    assert isinstance(taken, CursorResult)
    return bool(taken.rowcount)


def _try_later(
    sessions: sessionmaker[Session], mail: OutgoingMail, error: MailError, now: datetime
) -> str:
    tries = mail.tries + 1
    final = isinstance(error, MailRefused) or tries > len(WAITS)
    log.warning("mail %d (%s), try %d: %s", mail.id, mail.kind, tries, error)
    if final:
        _finish(sessions, mail.id, state="failed", tries=tries, error=str(error), text="", html="")
    else:
        due_at = now + WAITS[tries - 1]
        _finish(sessions, mail.id, state="queued", tries=tries, error=str(error), due_at=due_at)
    return "failed"


def _finish(sessions: sessionmaker[Session], mail_id: int, **values: object) -> None:
    with sessions.begin() as session:
        session.execute(update(OutgoingMail).where(OutgoingMail.id == mail_id).values(**values))


def _as_message_or_refuse(mail: OutgoingMail, settings: Settings, now: datetime) -> EmailMessage:
    # What the standard library would have to quote or choke on, no mail server takes anyway.
    if not is_address(mail.recipient):
        raise MailRefused("the address cannot be written in a mail")
    return as_message(mail, settings, now)


def as_message(mail: OutgoingMail, settings: Settings, now: datetime) -> EmailMessage:
    """The mail as it travels (RFC 5322), text and HTML."""
    name, sender = parseaddr(settings.mail.sender)
    if not sender:
        sender = f"podcast@{urlsplit(settings.site.public_url).hostname}"
    domain = sender.rpartition("@")[2]
    message = EmailMessage()
    message["From"] = Address(name or settings.site.name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}.{int(mail.created_at.timestamp())}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:  # RFC 8058: mail programs show a button and post to it
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def is_address(text: str) -> bool:
    """Whether mail can be sent there as it is written."""
    return _ADDRESS.fullmatch(text) is not None


def count_kept(session: Session) -> int:
    """How many mails were kept because no mail server was set, and can still be sent."""
    kept = select(func.count(OutgoingMail.id)).where(OutgoingMail.state == "kept")
    return session.scalar(kept.where(OutgoingMail.text != "")) or 0


def queue_kept(session: Session, now: datetime) -> int:
    """Have those sent; how many."""
    queued = session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.state == "kept", OutgoingMail.text != "")
        .values(state="queued", due_at=now, tries=0)
    )
    assert isinstance(queued, CursorResult)
    return queued.rowcount


def outbox(session: Session, limit: int = 100) -> list[OutgoingMail]:
    """The newest mails, for the command line and the studio."""
    return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(limit)))
