"""When each scheduled job last ran, how that went, and who runs it now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class JobRun(Base):
    """The state of one scheduled job. Whoever moves ``due_at`` forward runs it, and holds it
    until it is done: nobody else begins it before ``held_until``, which is put off meanwhile."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    error: Mapped[str] = mapped_column(Text, default="")
    # Host, process and run; empty when nobody runs it.
    held_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
