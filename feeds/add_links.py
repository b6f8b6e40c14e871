"""The link that adds a feed to a podcast app, for each app: docs/feeds.md says where from.

Only links that the app itself opens: nothing here sends the address to another site. Where an
app has no such link, ``url`` is None and the listener pastes the address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

Device = Literal["ios", "android", "mac", "desktop"]


@dataclass(frozen=True, slots=True)
class AddLink:
    """How one app takes a feed. ``app`` is a short name for styles and texts."""

    app: str
    name: str
    url: str | None


def _bare(feed: str) -> str:
    """The address without its scheme."""
    return feed.split("://", 1)[1]


def _encoded(feed: str) -> str:
    return quote(feed, safe="")


def _is_https(feed: str) -> bool:
    return urlsplit(feed).scheme == "https"


def _apple(feed: str) -> str:
    return f"podcast://{_bare(feed)}"


def _overcast(feed: str) -> str:
    # Without the scheme inside, Overcast tries http.
    return f"overcast://x-callback-url/add?url={_encoded(feed)}"


def _pocket_casts_ios(feed: str) -> str:
    return f"pktc://subscribe/{feed}"


def _pocket_casts_android(feed: str) -> str:
    # On Android "subscribe" always means http.
    return f"pktc://{'subscribehttps' if _is_https(feed) else 'subscribe'}/{_bare(feed)}"


def _antennapod(feed: str) -> str:
    # AntennaPod's own web link, wrapped so that only the app can open it: antennapod.org never
    # sees the address. Its other form, antennapod-subscribe://https://…, does not survive
    # browsers, which take "https:" for a host with an empty port and drop the colon.
    return (
        f"intent://antennapod.org/deeplink/subscribe?url={_encoded(feed)}"
        "#Intent;scheme=https;package=de.danoeh.antennapod;end"
    )


def _castro(feed: str) -> str:
    return f"{'castros' if _is_https(feed) else 'castro'}://subscribe/{_bare(feed)}"


def _scheme(name: str) -> Callable[[str], str]:
    return lambda feed: f"{name}://{_bare(feed)}"


def _podkicker(feed: str) -> str:
    return f"podkicker://subscribe/{_bare(feed)}"


_App = tuple[str, str, Callable[[str], str] | None]
_APPLE: _App = ("apple", "Apple Podcasts", _apple)
_OVERCAST: _App = ("overcast", "Overcast", _overcast)

# Best known and best behaved first; what is pasted comes last.
APPS: dict[Device, tuple[_App, ...]] = {
    "ios": (
        _APPLE,
        _OVERCAST,
        ("pocketcasts", "Pocket Casts", _pocket_casts_ios),
        ("castro", "Castro", _castro),
        ("downcast", "Downcast", _scheme("downcast")),
        ("icatcher", "iCatcher", _scheme("icatcher")),
        ("rssradio", "RSSRadio", _scheme("rssradio")),
        ("podcastguru", "Podcast Guru", _scheme("podcastguru")),
    ),
    "android": (
        ("antennapod", "AntennaPod", _antennapod),
        ("pocketcasts", "Pocket Casts", _pocket_casts_android),
        ("podcastaddict", "Podcast Addict", _scheme("podcastaddict")),
        ("podcastguru", "Podcast Guru", _scheme("podcastguru")),
        ("podkicker", "Podkicker", _podkicker),
        ("podcastrepublic", "Podcast Republic", None),
    ),
    "mac": (
        _APPLE,
        _OVERCAST,
        ("downcast", "Downcast", _scheme("downcast")),
        ("pocketcasts", "Pocket Casts", None),
        ("gpodder", "gPodder", _scheme("gpodder")),
    ),
    "desktop": (
        ("gpodder", "gPodder", _scheme("gpodder")),
        ("pocketcasts", "Pocket Casts", None),
    ),
}


def add_links(feed_url: str, device: Device) -> list[AddLink]:
    """The apps of a device, in the order to offer them. ``feed_url`` is the full address."""
    return [
        AddLink(app, name, make(feed_url) if make else None) for app, name, make in APPS[device]
    ]


def detect_device(user_agent: str) -> Device:
    """What the listener holds, from the browser's own words. iPads may call themselves Macs."""
    words = user_agent.lower()
    if "iphone" in words or "ipad" in words or "ipod" in words:
        return "ios"
    if "android" in words:
        return "android"
    return "mac" if "macintosh" in words else "desktop"
