"""The site's logo: checked and small, in the database, to move and be backed up with it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from episodes.artwork import Logo
from podcast_server.site.choices import keep_section
from podcast_server.site.models import SiteFile

SECTION = "logo"
WIDE = 2.0  # so many times as wide as high, it most likely says the name itself


class SiteLogo(BaseModel):
    """What pages need to show it; ``sha256`` names its content, sizes in pixels."""

    sha256: str
    width: int
    height: int

    @property
    def address(self) -> str:
        """Where it is on this site; another one has another address."""
        return f"/logo/{self.sha256[:32]}.png"

    @property
    def is_wide(self) -> bool:
        """Whether it stands in place of the name."""
        return self.width >= WIDE * self.height


def site_logo(kept: str) -> SiteLogo | None:
    """Of what was kept, "" for nothing."""
    try:
        return SiteLogo.model_validate_json(kept) if kept else None
    except ValidationError:
        return None


def use_logo(session: Session, logo: Logo, now: datetime) -> None:
    """Show it at the head of pages and mails, everywhere within seconds."""
    row = session.get(SiteFile, SECTION)
    if row is None:
        row = SiteFile(name=SECTION)
        session.add(row)
    row.data, row.updated_at = logo.data, now
    said = SiteLogo(sha256=logo.sha256, width=logo.width, height=logo.height)
    keep_section(session, SECTION, said.model_dump_json(), now)


def remove_logo(session: Session, now: datetime) -> None:
    """Show the name alone; no objection if there is none."""
    row = session.get(SiteFile, SECTION)
    if row is not None:
        session.delete(row)
    keep_section(session, SECTION, "", now)


def logo_data(session: Session) -> bytes | None:
    """The PNG itself."""
    row = session.get(SiteFile, SECTION)
    return None if row is None else row.data
