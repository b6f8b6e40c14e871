"""Backups by themselves: made when the newest is old enough, the oldest removed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from podcast_server.backup.backup import (
    NAME,
    Made,
    list_backups,
    make_backup,
    newest_name,
    read_manifest,
)
from podcast_server.backup.objects import OBJECTS
from podcast_server.backup.places import Place, open_place
from podcast_server.backup.seal import SUFFIX
from podcast_server.database import reading
from podcast_server.services import Services
from podcast_server.site.backup_plan import is_due
from podcast_server.site.decisions import Decision, decided

WISH: Decision = "backup"
log = logging.getLogger(__name__)

# A backup without a manifest is in the making for so long, and then was cut off.
_PATIENCE = timedelta(days=2)


def back_up_when_due(services: Services, now: datetime) -> Made | None:
    """Make the scheduled backup if it is time, or the one that somebody asked for; None if not.

    Raises BackupError, StorageError.
    """
    section = services.settings.backup
    if not section.folder:
        return None
    place = open_place(services.settings, section.folder)
    newest = newest_backup(place)
    with reading(services.engine) as session:
        wish = wished_at(session)
    wanted = wish is not None and (newest is None or newest < wish)
    plan = services.backup_plan
    if not wanted and not is_due(plan, newest, now):
        return None
    made = make_backup(
        services,
        place,
        # Signing keys open every feed: they only go along where nobody else can read them.
        with_keys=bool(section.recipient),
        recipient=section.recipient,
        now=now,
        progress=lambda _key: None,
        verify=_is_to_be_verified(place, section.verify_days, now),
    )
    _log_problems(made)
    keep_newest(place, plan.keep, now)
    return made


def _is_to_be_verified(place: Place, days: int, now: datetime) -> bool:
    """Whether nobody read the files there for ``days`` days; 0 for never."""
    newest = newest_name(place)
    if not days or newest is None:
        return False
    verified = read_manifest(place, newest).get("verified", "")
    return not verified or now - datetime.fromisoformat(verified) >= timedelta(days=days)


def _log_problems(made: Made) -> None:
    copied = made.copied
    if copied.missing:
        log.error("%d files are missing in the storage", len(copied.missing))
    if copied.damaged:
        log.error("%d files are damaged in the storage", len(copied.damaged))
    if copied.replaced:
        log.warning("%d files were damaged in the backup: replaced", len(copied.replaced))


def newest_backup(place: Place) -> datetime | None:
    """When the newest finished backup was made, in UTC; None for never."""
    newest = newest_name(place)
    if newest is None:
        return None
    return datetime.fromisoformat(read_manifest(place, newest)["made"]).astimezone(UTC)


def finished_backups(place: Place) -> list[datetime]:
    """When each finished backup was made, in UTC, oldest first; told by its name."""
    return [made for name in list_backups(place) if (made := _begun(name)) is not None]


def wished_at(session: Session) -> datetime | None:
    """When somebody last asked for a backup, in UTC; it is made once and then satisfied."""
    text = decided(session, WISH)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def keep_newest(place: Place, keep: int, now: datetime) -> None:
    """Remove all but the newest ``keep`` backups, then the files that none of them needs."""
    finished = list_backups(place)
    unfinished = {name for name in place.folders() if _begun(name)} - set(finished)
    given_up = {name for name in unfinished if (_begun(name) or now) < now - _PATIENCE}
    for name in [*finished[:-keep], *given_up]:
        _remove(place, name)
    if unfinished - given_up:
        return  # a backup in the making needs files that no manifest names yet
    needed = {key for name in finished[-keep:] for key in read_manifest(place, name)["objects"]}
    for name in place.names(OBJECTS):
        if name.removeprefix(f"{OBJECTS}/").removesuffix(SUFFIX) not in needed:
            place.remove(name)


def _begun(name: str) -> datetime | None:
    """When a backup of this name was begun; None for something else."""
    try:
        # Earlier versions named unfinished ones so.
        return datetime.strptime(name.removesuffix(".unfinished"), NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _remove(place: Place, name: str) -> None:
    """Remove one backup, the manifest first: without it nobody takes the rest for whole."""
    for each in sorted(place.names(name), key=lambda each: not each.endswith("/manifest.json")):
        place.remove(each)
