"""Examining uploads: at once when one is complete, and again for what a crash left over."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from episodes.examination import examine_upload, waiting_uploads
from episodes.uploads import clear_stale_uploads
from podcast_server.services import Services


def examine_waiting_uploads(services: Services, now: datetime) -> None:
    """Examine every complete upload that nobody works on. ``now`` is the database's time."""
    began = time.monotonic()
    for key in waiting_uploads(services.engine, now):
        examine_upload(
            services.sessions,
            services.storage,
            key,
            convert_to=services.settings.ingest.form,
            now=now + timedelta(seconds=time.monotonic() - began),
        )


def clear_old_uploads(services: Services, now: datetime) -> None:
    """Free what interrupted uploads left behind."""
    clear_stale_uploads(services.sessions, services.storage, now)
