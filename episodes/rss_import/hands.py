"""Several hands that fetch and store, for one that writes rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from episodes.errors import EpisodeError
from episodes.rss_import.adopt import Brought, Target, bring_item
from episodes.rss_import.desk import Desk
from episodes.rss_import.feed import ForeignItem
from episodes.rss_import.fetch import Fetcher

SIGN_OF_LIFE = 20.0  # seconds


class Watcher(Protocol):
    """Hears how an import goes; from several threads."""

    def arrived(self, guid: str, there: int) -> None:
        """So many bytes of this item's audio are here now."""

    def settled(self, title: str, state: str, reason: str) -> None:
        """What became of an item."""


class Unwatched:
    """Nobody listens."""

    def arrived(self, guid: str, there: int) -> None:
        """Not told."""

    def settled(self, title: str, state: str, reason: str) -> None:
        """Not told."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Several threads that fetch and store, while one writes rows."""

    desk: Desk
    fetcher: Fetcher
    target: Target
    watcher: Watcher

    def bring(
        self, items: list[ForeignItem], wanted: Callable[[], bool]
    ) -> Iterator[tuple[ForeignItem, Brought | EpisodeError]]:
        """Every item with what was brought or why not, as they come. Ends when unwanted."""
        waiting = iter(items)
        with ThreadPoolExecutor(self.desk.connections) as pool:
            running: dict[Future[Brought], ForeignItem] = {}
            going_on = True
            while True:
                while going_on and len(running) < self.desk.connections:
                    item = next(waiting, None)
                    if item is None:
                        break
                    running[pool.submit(self._one, item)] = item
                if not running:
                    return
                ready, _ = wait(running, timeout=SIGN_OF_LIFE, return_when=FIRST_COMPLETED)
                going_on = wanted()
                for future in ready:
                    item = running.pop(future)
                    try:
                        yield item, future.result()
                    except EpisodeError as error:
                        yield item, error

    def _one(self, item: ForeignItem) -> Brought:
        return bring_item(
            self.desk,
            self.fetcher,
            self.target,
            item,
            lambda there: self.watcher.arrived(item.guid, there),
        )
