"""Taking in what the web processes noted of downloads: within a second or two, and where there is
more of it than that allows, later rather than in the way of who listens.

The database does most of the work and knows nothing of our standing back for others, and while
SQLite writes, nobody else can. So after each piece comes a rest, as after counting (rollup.py):
what came in a storm is made rows of when it is over.
"""

from __future__ import annotations

from feeds.downloads.parcels import take_in_parcels
from podcast_server.jobs.loop import Loop
from podcast_server.services import Services

LOOK_EVERY = 1.0  # seconds
REST = 9.0  # times as long as the piece before took: a tenth of the time is work
LONGEST_REST = 5.0  # seconds


def hits_loop(services: Services) -> Loop:
    """Looks for parcels of hits all the time."""

    def look() -> None:
        take_in_parcels(services.sessions, services.classify, rest)

    def rest(took: float) -> bool:
        return loop.rest(min(REST * took, LONGEST_REST))

    loop = Loop("hits", LOOK_EVERY, look)
    return loop
