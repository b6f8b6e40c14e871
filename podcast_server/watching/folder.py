"""A watched folder on this machine."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from episodes.errors import EpisodeError
from podcast_server.watching.errors import WatchError
from podcast_server.watching.inbox import DONE, REFUSED, Seen, beside, free_name, groups

_LOCK = ".podcast-server-watch.lock"


class LinkRefused(EpisodeError):
    """A symbolic link could lead to a file that is nobody's business."""


class Folder:
    """Files right in the folder; those in folders below are left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self) -> list[Seen]:
        """See Inbox."""
        with os.scandir(self._folder) as entries:
            found = {
                entry.name: about
                for entry in entries
                if (about := _about(entry)) and not stat.S_ISDIR(about.st_mode)
            }
        return [
            Seen(
                name,
                found[name].st_size,
                tuple(
                    (each, found[each].st_size, found[each].st_mtime_ns)
                    for each in (name, *companions)
                ),
            )
            for name, companions in groups(found).items()
        ]

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """See Inbox. Raises LinkRefused, also for what is neither file nor folder."""
        for each in (name, *beside(name)):
            path = self._folder / each
            if path.is_symlink():
                raise LinkRefused(f"{each} is a symbolic link: put the file itself here")
            if path.exists() and not path.is_file():
                raise LinkRefused(f"{each} is not a regular file")
        yield self._folder / name

    def finish(self, name: str) -> None:
        """See Inbox. What lies beside goes first: the audio left alone is known, and goes then."""
        for each in (*beside(name), name):
            if os.path.lexists(self._folder / each):
                self._put_aside(each, DONE)

    def refuse(self, name: str, reason: str) -> None:
        """See Inbox."""
        target = self._free(name, REFUSED)
        target.with_name(f"{target.name}.txt").write_text(f"{reason}\n", encoding="utf-8")
        (self._folder / name).rename(target)

    def _put_aside(self, name: str, where: str) -> None:
        (self._folder / name).rename(self._free(name, where))

    def _free(self, name: str, where: str) -> Path:
        folder = self._folder / where
        folder.mkdir(exist_ok=True)
        return folder / free_name(name, lambda each: os.path.lexists(folder / each))


def _about(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # gone since


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder for this process. Raises WatchError where another one watches it."""
    try:
        with (folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WatchError(f"{folder} is watched already, by another process") from None
            yield
    except PermissionError as error:
        raise WatchError(f"{folder} must be writable: files are put aside in it") from error
