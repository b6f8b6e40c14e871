"""How far the conversion of an upload is, for the page that waits for it."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from episodes.audio.limited import Fraction
from episodes.models import Upload

STEP = 0.05  # noted so often: a page asks every second or two
_BEGUN = 0.001  # of a conversion of which nothing is done yet; 0 is no conversion


def converted_share(upload: Upload) -> float | None:
    """How much is converted, 0 to 1; None where nothing is being converted."""
    if upload.state != "examining" or not upload.progress:
        return None
    return upload.progress


def note_conversion(sessions: sessionmaker[Session], key: str) -> Fraction:
    """Hears how much of an upload is converted, and keeps it with the upload."""
    noted = -STEP

    def note(share: float) -> None:
        nonlocal noted
        if share < noted + STEP:
            return
        noted = share
        # What cannot be kept now is kept the next time; it must not break the conversion off.
        with suppress(SQLAlchemyError), sessions.begin() as session:
            here = update(Upload).where(Upload.key == key, Upload.state == "examining")
            session.execute(here.values(progress=max(share, _BEGUN)))

    return note
