"""A browser's own words as people would name the thing in their hand."""

from __future__ import annotations

_SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("macintosh", "Mac"),
    ("windows", "Windows"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)
_BROWSERS = (
    ("edg/", "Edge"),
    ("firefox/", "Firefox"),
    ("fxios/", "Firefox"),
    ("samsungbrowser/", "Samsung Internet"),
    ("crios/", "Chrome"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
)


def device_name(user_agent: str) -> str:
    """“Firefox, Windows”; empty where nothing is known."""
    words = user_agent.lower()
    found = [
        next((name for part, name in table if part in words), "") for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)
