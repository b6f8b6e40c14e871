"""Every table of the house in one import, for migrations and tests."""

from __future__ import annotations

import episodes.models
import episodes.rss_import.models
import feeds.downloads.models
import feeds.models
import feeds.sharing.models
import podcast_server.accounts.models
import podcast_server.accounts.staff.models
import podcast_server.billing.models
import podcast_server.fitting
import podcast_server.job_runs
import podcast_server.limits.models
import podcast_server.mail.models
import podcast_server.moving.members.models
import podcast_server.site.models
from episodes.db import Base
from feeds.downloads.partitions import PREFIX

__all__ = ["Base", "declared", "episodes", "feeds", "metadata", "podcast_server"]

metadata = Base.metadata


def declared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the code declares such a thing (alembic's ``include_name``): all but the tables that
    PostgreSQL has for single days."""
    return kind != "table" or not (name or "").startswith(PREFIX)
