"""The mail server that the owner chose in the studio, where the operator has set none.

The operator's section holds whole: a password of theirs never goes to a host of the owner's choice.
Likewise the owner's password goes only where it was meant for when it was typed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy.orm import Session

from podcast_server.sealing import KeyVault
from podcast_server.settings import MailSettings
from podcast_server.site.choices import keep_section

log = logging.getLogger(__name__)

SECTION = "mail-server"
PURPOSE = b"password of the mail server"


class _Kept(BaseModel):
    """As it lies in the database; ``password`` is sealed with a key that no backup has."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class MailServer:
    """What holds now. ``whose``: "operator", "owner" or "" for nobody's. ``locked``: there is a
    password, and it was sealed with other signing keys than there are now."""

    settings: MailSettings
    whose: Literal["operator", "owner", ""]
    locked: bool = False

    @property
    def usable(self) -> MailSettings:
        """What mail leaves by. While the password is locked, mail is kept instead of failing."""
        return self.settings.model_copy(update={"host": ""}) if self.locked else self.settings


def mail_server(base: MailSettings, kept: str, vault: KeyVault) -> MailServer:
    """What holds, of the operator's section and of what the owner chose ("" for nothing)."""
    if base.host:
        return MailServer(base, "operator")
    chosen = _read(kept)
    if chosen is None:
        return MailServer(base, "")
    password, locked = _opened(chosen.password, vault)
    changed = {
        **chosen.model_dump(exclude={"password"}),
        "password": SecretStr(password),
        # Who sends may be settled by the operator alone, for all mail.
        "sender": base.sender or chosen.sender,
    }
    return MailServer(base.model_copy(update=changed), "owner", locked)


def keep_mail_server(
    session: Session, wanted: MailSettings, vault: KeyVault, now: datetime
) -> None:
    """Have all mail leave through it, from every process within seconds."""
    secret = wanted.password.get_secret_value()
    kept = _Kept(
        host=wanted.host,
        port=wanted.port,
        security=wanted.security,
        username=wanted.username,
        password=vault.seal(secret) if secret else "",
        sender=wanted.sender,
    )
    keep_section(session, SECTION, kept.model_dump_json(), now)


def forget_mail_server(session: Session, now: datetime) -> None:
    """Mail stays in the outbox again, and the password is gone."""
    keep_section(session, SECTION, "", now)


def same_door(one: MailSettings, other: MailSettings) -> bool:
    """Whether a password for the one is meant for the other, too."""
    return _door(one) == _door(other)


def _door(settings: MailSettings) -> tuple[str, int, str, str]:
    return settings.host, settings.port, settings.security, settings.username


def _read(kept: str) -> _Kept | None:
    if not kept:
        return None
    try:
        return _Kept.model_validate_json(kept)
    except ValidationError:
        log.warning("the mail server chosen in the studio cannot be read: choose it again")
        return None


def _opened(sealed: str, vault: KeyVault) -> tuple[str, bool]:
    try:
        return (vault.open(sealed), False) if sealed else ("", False)
    except ValueError:
        return "", True
