"""A file that has arrived in part, and what must hold for going on with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests

from episodes.rss_import.errors import FetchFailed


@dataclass(frozen=True, slots=True)
class Part:
    """``<name>.part`` in ``folder`` with the other side's validator beside it (RFC 9110 §13)."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """The bytes so far."""
        return self.folder / f"{self.name}.part"

    @property
    def _note(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def size(self) -> int:
        """Bytes that are here."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def forget(self) -> None:
        """Delete it: used, or of no use."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def resume_headers(self) -> dict[str, str]:
        """Ask for the rest, if the other side can tell that it is the rest of the same file."""
        validator = self._validator()
        if not self.size or not validator:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": validator}

    @contextmanager
    def writing(self, answer: requests.Response) -> Iterator[BinaryIO]:
        """The file to write the answer's body to: at its end for the rest, else anew."""
        if answer.status_code == 206:
            start = answer.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
            if start != str(self.size):
                self.forget()
                raise FetchFailed("the other side sent another part than we asked for")
            mode = "ab"
        else:
            self.forget()
            self._note.write_text(json.dumps(_strong_validator(answer)))
            mode = "wb"
        with self.path.open(mode) as file:
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())

    def _validator(self) -> str:
        try:
            note = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return ""
        return note if isinstance(note, str) else ""


def _strong_validator(answer: requests.Response) -> str:
    etag = answer.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return answer.headers.get("Last-Modified", "")
