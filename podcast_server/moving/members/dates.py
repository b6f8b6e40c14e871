"""Dates as exports write them, in UTC. A day alone begins at midnight."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORMS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%b %d, %Y", "%d %b %Y", "%B %d, %Y", "%d %B %Y")
_SLASHES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%y")
_UNIX = re.compile(r"\d{9,10}|\d{13}")


def read_moment(text: str, *, day_first: bool = False) -> datetime | None:
    """The time that is meant; None for an empty cell. Raises ValueError.

    ``day_first`` reads 03/04/2026 as the third of April, as most of the world does; without it
    as March the fourth, as most exports do.
    """
    text = text.strip().removesuffix(" UTC").strip()
    if not text or text in {"-", "–", "N/A", "null", "never"}:
        return None
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return _in_utc(_by_form(text, day_first=day_first))


def _by_form(text: str, *, day_first: bool) -> datetime:
    slashes = [form.replace("%m/%d", "%d/%m") if day_first else form for form in _SLASHES]
    for form in (*slashes, *_FORMS):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(text)


def _in_utc(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 9000:
        raise ValueError(str(moment.year))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
