"""Every room of the API in one list; importing it registers their routes."""

from __future__ import annotations

from podcast_server.api.v1 import description, episodes, members, shows
from podcast_server.api.v1.door import blueprint, install_api

__all__ = ["ROOMS", "blueprint", "install_api"]

ROOMS = (shows, episodes, members, description)
