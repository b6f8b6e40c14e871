"""What bringing a feed over needs, built once by whoever starts it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from episodes.audio.convert import Form
from episodes.rss_import.fetch import ATTEMPTS, Fetcher
from episodes.rss_import.source import Source, Vault
from episodes.storage.base import Storage


def _nobody() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Desk:
    """``folder`` holds what has arrived in part; ``max_bytes`` bounds one audio file.

    ``allow_loopback`` lets it fetch from this machine itself, for tests and demonstrations.
    """

    sessions: sessionmaker[Session]
    storage: Storage
    vault: Vault
    folder: Path
    public_url: str
    clock: Callable[[], datetime]
    convert_to: Form | None = None
    max_bytes: int = 4 * 1024**3
    connections: int = 2
    allow_loopback: bool = False
    stopped: Callable[[], bool] = _nobody
    sleep: Callable[[float], None] = time.sleep

    def fetcher(self, source: Source | None, *, patient: bool = True) -> Fetcher:
        """Fetches for one import; an impatient one tries once, for somebody who waits."""
        return Fetcher(
            login=source.login if source else None,
            allow_loopback=self.allow_loopback,
            stopped=self.stopped,
            sleep=self.sleep,
            attempts=ATTEMPTS if patient else 1,
        )
