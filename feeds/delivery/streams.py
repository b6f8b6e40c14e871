"""Local audio on its way to one listener, noted when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from feeds.downloads.record import MediaHit, Recorder


class CountedStream:
    """Local audio on its way: counts what was taken and gives its place back at the end.

    A WSGI server calls ``close`` whether the listener stayed or hung up (PEP 3333).
    """

    def __init__(
        self,
        source: Iterator[bytes],
        note: MediaHit | None,
        recorder: Recorder,
        places: threading.Semaphore,
    ) -> None:
        self._source = source
        self._note = note
        self._recorder = recorder
        self._places = places
        self._sent = 0
        self._open = True

    def chunks(self) -> Iterator[bytes]:
        """The bytes; iterating past the end or closing notes the download."""
        try:
            for chunk in self._source:
                yield chunk
                self._sent += len(chunk)
        finally:
            self.close()

    def close(self) -> None:
        """Note the download and free the place, once."""
        if not self._open:
            return
        self._open = False
        close: Callable[[], None] | None = getattr(self._source, "close", None)
        if close is not None:
            close()
        if self._note is not None:
            self._recorder.put(self._note._replace(bytes_served=self._sent))
        self._places.release()  # last, so that a free place means a noted download
