"""What a file says of itself, told while the rest of it is still on its way.

The browser sends the few pieces of the file that hold its tags: the head, and what lies
behind the sound in MP4 and WAV. Put at their places in a file with holes they are read by the
same readers as the whole file later, in the same limited child.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy.orm import Session

from episodes.arrivals import fill_draft
from episodes.audio.limited import Limits, run_limited
from episodes.ingest import fields_from_audio
from episodes.models import Upload
from episodes.uploads import UploadRefused

MAX_PIECES = 64
MAX_BYTES = 8 * 1024 * 1024
_LIMITS = Limits(cpu=5, wall=60)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file and where in it they stand."""

    at: int
    data: bytes


def read_pieces(name: str, size: int, pieces: Sequence[Piece]) -> dict[str, Any]:
    """What the pieces of a file of ``size`` bytes say about an episode.

    Raises AudioRefused when that cannot be told from them, UploadRefused when they are not
    of this file.
    """
    if not _fit(size, pieces):
        raise UploadRefused("these pieces are not of this file")
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(size)
        for piece in pieces:
            file.seek(piece.at)
            file.write(piece.data)
        file.flush()
        facts = run_limited("glance", {"source": str(Path(file.name).absolute())}, _LIMITS)
    return fields_from_audio(facts, PurePath(name)) if facts else {}


def _fit(size: int, pieces: Sequence[Piece]) -> bool:
    return len(pieces) <= MAX_PIECES and all(
        0 <= piece.at <= size - len(piece.data) for piece in pieces
    )


def note_glance(
    session: Session, upload: Upload, fields: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Keep what a glance found and fill the draft with it; gives what changed there.

    Once only: a file that goes on after a break fills nothing that was emptied meanwhile.
    """
    if upload.state != "receiving" or upload.fields:
        return {}
    upload.fields = fields
    return fill_draft(session, upload, now)
