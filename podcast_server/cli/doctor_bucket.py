"""`doctor`: whether browsers may send uploads straight to the bucket."""

from __future__ import annotations

from urllib.parse import urlsplit

from episodes.errors import EpisodeError
from episodes.storage.choose import open_storage
from podcast_server.cli.findings import Finding
from podcast_server.services import now_utc, storage_settings
from podcast_server.settings import Settings

_CHECK = "uploads"


def check_browser_uploads(settings: Settings, *, repair: bool) -> Finding:
    """The bucket's CORS rules let our own pages send parts. Without, the server takes them."""
    storage = open_storage(storage_settings(settings))
    parts = urlsplit(settings.site.public_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    try:
        if repair and not storage.browser_may_send(origin, now_utc()):
            storage.allow_browser(origin)
        if storage.browser_may_send(origin, now_utc()):
            return Finding(_CHECK, "ok", f"pages of {origin} may send audio")
    except EpisodeError as error:
        return Finding(_CHECK, "note", str(error), "add the CORS rule of docs/operating.md by hand")
    return Finding(
        _CHECK,
        "note",
        f"the bucket takes nothing from pages of {origin}: uploads go through this server",
        "run `podcast-server doctor --repair`, which adds a CORS rule (docs/operating.md)",
    )
