"""The owner's choices, over those of config.toml."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class SiteChoice(Base):
    """One setting of the site that was changed in the studio."""

    __tablename__ = "site_choices"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SiteSection(Base):
    """Settings that belong together and hold as a whole, as JSON; secrets in it are sealed."""

    __tablename__ = "site_sections"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SiteFile(Base):
    """A small file of the site's own: its logo."""

    __tablename__ = "site_files"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
