"""Takes in and counts downloads over and over, as the worker does: a process to be killed at it."""

from __future__ import annotations

import os
import time

from sqlalchemy.exc import OperationalError

from feeds.downloads.parcels import take_in_parcels
from podcast_server.jobs.schedule import count_downloads
from podcast_server.services import now_utc, open_services
from podcast_server.settings import load_settings

PAUSE = 0.05  # seconds


def main() -> None:
    """Until somebody ends it."""
    services = open_services(load_settings(None, os.environ))
    while True:
        try:
            take_in_parcels(services.sessions, services.classify)
            count_downloads(services, now_utc())
            print("counted", flush=True)
        except OperationalError:
            print("the database is away", flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
