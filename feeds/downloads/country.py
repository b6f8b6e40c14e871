"""The country of an address, where the operator supplies a database (the only maxminddb)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import maxminddb

from feeds.downloads.errors import DownloadsError

CountryOf = Callable[[str], str | None]


class CountryDatabaseError(DownloadsError):
    """The country database cannot be read."""


def no_country(_address: str) -> str | None:
    """What is known without a database: nothing."""
    return None


def open_countries(path: Path) -> CountryOf:
    """A lookup from address to ISO 3166 code ("FR"), or None where the database has none.

    Reads the MaxMind format. Raises CountryDatabaseError when the file is missing or broken.
    """
    try:
        reader = maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise CountryDatabaseError(f"{path}: no readable country database ({error})") from error

    def country_of(address: str) -> str | None:
        try:
            found = reader.get(address.strip())
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None  # no address, IPv6 in an IPv4 database, or a broken spot in the file
        return _iso_code(found)

    return country_of


def _iso_code(found: object) -> str | None:
    if not isinstance(found, dict):
        return None
    for place in ("country", "registered_country"):
        entry = found.get(place)
        code = entry.get("iso_code") if isinstance(entry, dict) else None
        if isinstance(code, str) and len(code) == 2:
            return code.upper()
    return None
