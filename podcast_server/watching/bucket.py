"""A watched folder in a bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from episodes.storage.base import ObjectStat
from episodes.storage.foreign import ForeignFolder
from podcast_server.watching.inbox import DONE, REFUSED, Seen, beside, free_name, groups

_LONGEST = 200  # bytes of a name, so that a text can lie beside it on every file system


class Bucket:
    """Objects right below the prefix. ``private`` is a folder for copies while they are read."""

    def __init__(self, remote: ForeignFolder, private: Path) -> None:
        self._remote = remote
        self._private = private

    def look(self) -> list[Seen]:
        """See Inbox."""
        found = self._found()
        return [
            Seen(
                name,
                found[name].size,
                tuple((each, found[each].size, found[each].etag) for each in (name, *companions)),
            )
            for name, companions in groups(found).items()
        ]

    def _found(self) -> dict[str, ObjectStat]:
        return {each.key: each for each in self._remote.list() if _is_plain(each.key)}

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """See Inbox."""
        found = self._found()
        self._private.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._private, prefix=".watch-") as folder:
            for each in (name, *beside(name)):
                if each in found:
                    self._remote.download(each, Path(folder, each))
            yield Path(folder, name)

    def finish(self, name: str) -> None:
        """See Inbox."""
        found = self._found()
        for each in (*beside(name), name):
            if each in found:
                self._remote.move(each, self._free(each, DONE))

    def refuse(self, name: str, reason: str) -> None:
        """See Inbox."""
        target = self._free(name, REFUSED)
        self._remote.write(f"{target}.txt", f"{reason}\n")
        self._remote.move(name, target)

    def _free(self, name: str, where: str) -> str:
        return free_name(f"{where}/{name}", self._remote.exists)


def _is_plain(name: str) -> bool:
    """Whether it can be the name of a file here, too."""
    return (
        "/" not in name
        and "\\" not in name
        and name.isprintable()
        and name not in {".", ".."}
        and len(name.encode()) <= _LONGEST
    )
