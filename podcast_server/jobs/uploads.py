"""Examining uploads: at once when one is complete, and again for what a crash left over."""

from __future__ import annotations

from datetime import datetime

from episodes.uploads import clear_stale_uploads, examine_upload, waiting_uploads
from podcast_server.services import Services


def examine_waiting_uploads(services: Services, now: datetime) -> None:
    """Examine every complete upload that nobody works on."""
    for key in waiting_uploads(services.engine, now):
        examine_upload(
            services.sessions,
            services.storage,
            key,
            convert_to=services.settings.ingest.form,
            now=now,
        )


def clear_old_uploads(services: Services, now: datetime) -> None:
    """Free what interrupted uploads left behind."""
    clear_stale_uploads(services.sessions, services.storage, now)
