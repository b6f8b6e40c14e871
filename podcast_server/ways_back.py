"""Where one goes back to: paths of this site, never what could lead elsewhere."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def local_path(text: str) -> str:
    """A path on this site to go to afterwards, or "" for anything that could lead elsewhere."""
    safe = text.startswith("/") and not text.startswith("//") and "\\" not in text
    if not safe or len(text) > 500 or not text.isprintable():
        return ""
    parts = _parts_of(text)
    return text if parts is not None and not parts.scheme and not parts.netloc else ""


def page_before(referrer: str | None, host: str, below: str) -> str:
    """The path of the page that a form was sent from, if it is on ``host`` and ``below`` this path;
    "" where the browser keeps it to itself, or where it is a page of another site."""
    parts = _parts_of(referrer or "")
    if parts is None or parts.netloc != host:
        return ""
    path = local_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return path if path.startswith(below) else ""


def _parts_of(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:  # brackets that hold no address, and the like
        return None
