"""What the owner decided once for the whole site, which is no setting of config.toml."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from podcast_server.site.models import SiteChoice

# How payments come in until Stripe is connected ("by-hand"); since when a backup is wanted (ISO).
Decision = Literal["payments", "backup"]


def decide(session: Session, name: Decision, value: str, now: datetime) -> None:
    """Keep a decision; an empty value takes it back."""
    row = session.get(SiteChoice, name)
    if row is None:
        row = SiteChoice(name=name)
        session.add(row)
    row.value, row.updated_at = value, now
    session.flush()


def decided(session: Session, name: Decision) -> str:
    """What was decided, "" for nothing."""
    row = session.get(SiteChoice, name)
    return "" if row is None else row.value
