"""An upload step by step, each in a transaction of its own as the studio makes them."""

from __future__ import annotations

import io

from sqlalchemy import select

from episodes.models import Show, Upload
from episodes.uploads import begin_upload, complete_upload, put_part
from podcast_server.services import Services, now_utc
from tests.chaos.moments import SOUND


def begin(services: Services) -> str:
    """Its key. It is for the only show there is."""
    with services.sessions.begin() as session:
        return begin_upload(
            session,
            services.storage,
            show_id=session.scalars(select(Show.id)).one(),
            file_name="a.mp3",
            size=len(SOUND),
            fingerprint="a",
            max_bytes=10**9,
            now=now_utc(),
        ).key


def send(services: Services, key: str) -> None:
    """All of it."""
    with services.sessions() as session:
        upload = session.scalars(select(Upload).where(Upload.key == key)).one()
        put_part(upload, services.storage, 1, io.BytesIO(SOUND))


def complete(services: Services, key: str) -> None:
    """Say that it is whole."""
    with services.sessions.begin() as session:
        upload = session.scalars(select(Upload).where(Upload.key == key)).one()
        complete_upload(session, services.storage, upload, now_utc())


def state(services: Services, key: str) -> str:
    with services.sessions() as session:
        return session.scalars(select(Upload.state).where(Upload.key == key)).one()
