"""Queue a letter from a view, and have it sent once the transaction is over."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from podcast_server.mail.letter import Letter
from podcast_server.mail.outbox import put_letter
from podcast_server.mail.postman import Postman
from podcast_server.services import Services


def post_letter(
    session: Session,
    services: Services,
    letter: Letter,
    recipient: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Put a letter into the outbox, in the caller's transaction."""
    put_letter(
        session,
        letter,
        recipient,
        site_name=services.site.name,
        now=now,
        expires_at=expires_at,
    )


def nudge_postman() -> None:
    """Send what waits; call it after the transaction."""
    postman: Postman = current_app.config["POSTMAN"]
    postman.nudge()
