"""Reading and writing the owner's choices. Every process sees a change within seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from podcast_server.database import reading
from podcast_server.settings import SiteSettings
from podcast_server.site.models import SiteChoice, SiteSection

log = logging.getLogger(__name__)

NAMES = ("name", "language", "accent")
FRESH = 5.0  # seconds

Kept = TypeVar("Kept", SiteChoice, SiteSection)


def choose(session: Session, values: Mapping[str, str], now: datetime) -> None:
    """Keep some choices; an empty value goes back to config.toml."""
    for name in values:
        if name not in NAMES:
            raise KeyError(name)
    for name, value in values.items():
        _keep(session, SiteChoice, name, value, now)
    session.flush()


def keep_section(session: Session, name: str, value: str, now: datetime) -> None:
    """Keep settings that belong together; empty goes back to config.toml."""
    _keep(session, SiteSection, name, value, now)
    session.flush()


def _keep(session: Session, kind: type[Kept], name: str, value: str, now: datetime) -> None:
    row = session.get(kind, name)
    if not value:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(kind(name=name, value=value, updated_at=now))
    else:
        row.value, row.updated_at = value, now


class SiteChoices:
    """The choices as this process last read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._choices: dict[str, str] = {}
        self._sections: dict[str, str] = {}

    def over(self, base: SiteSettings, engine: Engine) -> SiteSettings:
        """The settings with the choices over them; as last known while the database is away."""
        self._look(engine)
        return base.model_copy(update=self._choices) if self._choices else base

    def section(self, name: str, engine: Engine) -> str:
        """What was kept under a name, "" for nothing; likewise."""
        self._look(engine)
        return self._sections.get(name, "")

    def forget(self) -> None:
        """Read them anew the next time."""
        self._read_at = float("-inf")

    def _look(self, engine: Engine) -> None:
        if time.monotonic() - self._read_at > FRESH:
            self._read(engine)

    def _read(self, engine: Engine) -> None:
        with self._lock:
            try:
                with reading(engine) as session:
                    rows = session.scalars(select(SiteChoice).where(SiteChoice.name.in_(NAMES)))
                    self._choices = {row.name: row.value for row in rows}
                    kept = session.scalars(select(SiteSection))
                    self._sections = {row.name: row.value for row in kept}
            except SQLAlchemyError as error:
                log.warning("the site's choices cannot be read: %s", type(error).__name__)
            self._read_at = time.monotonic()
