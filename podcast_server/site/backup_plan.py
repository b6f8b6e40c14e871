"""When backups are made and how many are kept: the owner's choice, where the operator made none.

Where they lie is the operator's alone, and so is what stands in config.toml otherwise than at its
default.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, Field, ValidationError, field_validator
from sqlalchemy.orm import Session

from podcast_server.settings import BackupSettings
from podcast_server.site.choices import keep_section

log = logging.getLogger(__name__)

SECTION = "backup-plan"
# A number is a day of the week, 0 for Monday.
Rhythm = Literal["never", "daily", "0", "1", "2", "3", "4", "5", "6"]
RHYTHMS: tuple[Rhythm, ...] = get_args(Rhythm)


class Chosen(BaseModel):
    """What the owner chose: ``hour`` is on the clock of ``zone``."""

    every: Rhythm
    hour: Annotated[int, Field(ge=0, le=23)]
    zone: str
    keep: Annotated[int, Field(ge=1, le=1000)]

    @field_validator("zone")
    @classmethod
    def _is_on_the_map(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone such as Europe/Paris")
        return value


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What holds now. Without ``chosen`` it is every so many ``hours``."""

    hours: int
    keep: int
    chosen: Chosen | None
    operators_rhythm: bool
    operators_keep: bool

    @property
    def rhythm(self) -> Chosen | None:
        """The owner's, unless the operator's own holds."""
        return None if self.operators_rhythm else self.chosen

    @property
    def longest(self) -> timedelta | None:
        """The time between two backups; None where none are made by themselves."""
        if self.rhythm is None:
            return timedelta(hours=self.hours)
        if self.rhythm.every == "never":
            return None
        return timedelta(days=1 if self.rhythm.every == "daily" else 7)


def backup_plan(base: BackupSettings, kept: str) -> BackupPlan:
    """What holds, of the operator's section and what the owner chose ("" for nothing)."""
    chosen, default = _read(kept), BackupSettings()
    operators_keep = base.keep != default.keep
    return BackupPlan(
        hours=base.every_hours,
        keep=base.keep if chosen is None or operators_keep else chosen.keep,
        chosen=chosen,
        operators_rhythm=base.every_hours != default.every_hours,
        operators_keep=operators_keep,
    )


def keep_backup_plan(session: Session, chosen: Chosen, now: datetime) -> None:
    """Have backups made so from now on."""
    keep_section(session, SECTION, chosen.model_dump_json(), now)


def is_due(plan: BackupPlan, newest: datetime | None, now: datetime) -> bool:
    """Whether it is time for the next, after the ``newest`` there is."""
    rhythm = plan.rhythm
    if rhythm is not None and rhythm.every == "never":
        return False
    if newest is None:
        return True
    if rhythm is None:
        return now - newest >= timedelta(hours=plan.hours)
    return newest < last_time(rhythm, now)


def last_time(rhythm: Chosen, now: datetime) -> datetime:
    """The latest moment, not after ``now``, at which one was to be made."""
    zone = ZoneInfo(rhythm.zone)
    local = now.astimezone(zone)
    day = local.date()
    if rhythm.every not in ("daily", "never"):
        day -= timedelta(days=(day.weekday() - int(rhythm.every)) % 7)
    moment = datetime(day.year, day.month, day.day, rhythm.hour, tzinfo=zone)
    if moment > local:
        day -= timedelta(days=1 if rhythm.every == "daily" else 7)
        moment = datetime(day.year, day.month, day.day, rhythm.hour, tzinfo=zone)
    return moment


def _read(kept: str) -> Chosen | None:
    if not kept:
        return None
    try:
        return Chosen.model_validate_json(kept)
    except ValidationError:
        log.warning("the backup plan chosen in the studio cannot be read: choose it again")
        return None
