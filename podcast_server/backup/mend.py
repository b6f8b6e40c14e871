"""Bring files back from a backup that are missing or damaged in the storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from episodes.storage.base import Storage
from podcast_server.backup.objects import bring_back, object_name
from podcast_server.backup.places import Place
from podcast_server.backup.seal import Copy


@dataclass(frozen=True, slots=True)
class Mended:
    """Which files are whole again, and why the others are not."""

    brought: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # not in the backup either
    damaged: list[str] = field(default_factory=list)  # nor whole there
    sealed: list[str] = field(default_factory=list)  # there, for whoever has the identity


def mend(
    storage: Storage,
    place: Place,
    keys: Iterable[str],
    content: Mapping[str, str],
    unseal: Copy | None = None,
) -> Mended:
    """Put each file into the storage as the backup has it, if it has its checksum there.

    Raises StorageError, BackupError.
    """
    done = Mended()
    for key in keys:
        plain, sealed = (object_name(key, sealed=each) for each in (False, True))
        if place.has(plain):
            found = bring_back(storage, key, place, plain, content.get(key, ""), None)
        elif not place.has(sealed):
            done.absent.append(key)
            continue
        elif unseal is None:
            done.sealed.append(key)
            continue
        else:
            found = bring_back(storage, key, place, sealed, content.get(key, ""), unseal)
        (done.damaged if found[0] == "damaged" else done.brought).append(key)
    return done
