"""Taking in what the web processes noted of downloads, within a second or two."""

from __future__ import annotations

from feeds.downloads.parcels import take_in_parcels
from podcast_server.jobs.loop import Loop
from podcast_server.services import Services

LOOK_EVERY = 1.0  # seconds


def hits_loop(services: Services) -> Loop:
    """Looks for parcels of hits all the time."""
    return Loop("hits", LOOK_EVERY, lambda: take_in_parcels(services.sessions, services.classify))
