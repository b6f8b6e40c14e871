"""`doctor` on stored files: which are missing or damaged, and back from the last backup."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from episodes.errors import EpisodeError
from episodes.ingest import mentioned_objects
from episodes.storage.choose import open_storage
from episodes.whole import is_whole, sums_of
from podcast_server.backup.errors import BackupError
from podcast_server.backup.mend import Mended, mend
from podcast_server.backup.places import Place, open_place
from podcast_server.backup.seal import opening
from podcast_server.cli.findings import Finding
from podcast_server.database import open_engine, reading
from podcast_server.services import storage_settings
from podcast_server.settings import Settings

CHECK = "files of episodes"
LISTED = 5


def check_files(settings: Settings, *, deep: bool, repair: bool, identity: Path | None) -> Finding:
    """Every file that a row mentions is stored.

    With ``repair`` what is not comes back from the folder of the scheduled backups; with
    ``deep``, too, every file is read for that, and the damaged ones come back as well. (Without
    ``repair`` the invariants read them.)
    """
    deep = deep and repair
    storage = open_storage(storage_settings(settings))
    engine = open_engine(settings.database_url)
    with reading(engine) as session:
        wanted = sums_of(session, sorted(mentioned_objects(session)))
    engine.dispose()
    stored = {stat.key for stat in storage.list("")}
    bad = [
        key
        for key, digest in wanted.items()
        if key not in stored or (deep and not is_whole(storage, key, digest))
    ]
    if not bad:
        return Finding(CHECK, "ok", f"{len(wanted)} {'are whole' if deep else 'are there'}")
    if not repair:
        return Finding(CHECK, "failed", _broken(bad, deep=deep), _advice(settings))
    if not settings.backup.folder:
        return Finding(CHECK, "failed", _broken(bad, deep=deep), _by_hand(settings))
    place = open_place(settings, settings.backup.folder)
    try:
        unseal = None if identity is None else opening(identity)
        done = mend(storage, place, bad, wanted, unseal)
    except (BackupError, EpisodeError) as error:
        return Finding(CHECK, "failed", f"{_broken(bad, deep=deep)}; {error}", _by_hand(settings))
    return _after_repair(settings, place, done)


def _after_repair(settings: Settings, place: Place, done: Mended) -> Finding:
    brought = f"{len(done.brought)} brought back from {place}"
    left = [*done.absent, *done.damaged, *done.sealed]
    if not left:
        return Finding(CHECK, "ok", brought)
    said = [brought]
    for keys, why in (
        (done.absent, "not in the backup either"),
        (done.damaged, "damaged in the backup, too"),
        (done.sealed, "in the backup, encrypted"),
    ):
        if keys:
            said.append(f"{len(keys)} {why}: {_named(keys)}")
    advice = _by_hand(settings)
    if done.sealed:
        advice = "run `podcast-server doctor --deep --repair --identity FILE`"
    return Finding(CHECK, "failed", "; ".join(said), advice)


def _broken(bad: Sequence[str], *, deep: bool) -> str:
    return f"{len(bad)} missing{' or damaged' if deep else ''}: {_named(bad)}"


def _named(keys: Sequence[str]) -> str:
    return ", ".join(keys[:LISTED]) + (" …" if len(keys) > LISTED else "")


def _advice(settings: Settings) -> str:
    if not settings.backup.folder:
        return _by_hand(settings)
    return (
        "run `podcast-server doctor --repair`: it brings back what the last backup has "
        "(with --deep also in place of damaged files)"
    )


def _by_hand(settings: Settings) -> str:
    section = settings.storage
    where = (
        f"the bucket {section.bucket}"
        if section.backend == "s3"
        else (f"{settings.data / section.folder}")
    )
    return (
        f"put a copy under that name into {where}: any backup has it in objects/; or set "
        "[backup] folder to one and run this again with --repair; or give the episode its "
        "audio anew in the studio"
    )
