"""Which column is what, and a sheet's rows read by that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from podcast_server.moving.members.errors import MappingRefused
from podcast_server.moving.members.presets import FIELDS, PLAIN_NAMES, Preset, plain
from podcast_server.moving.members.read import LONGEST_CELL, Sheet


@dataclass(frozen=True, slots=True)
class Entry:
    """What the old host says of one person, as written there; ``number`` is the file's line."""

    number: int
    email: str = ""
    name: str = ""
    tier: str = ""
    joined: str = ""
    expires: str = ""
    status: str = ""
    free: str = ""
    price: str = ""
    customer: str = ""
    subscription: str = ""
    old_feed: str = ""
    too_long: bool = False


Columns = dict[str, tuple[str, ...]]


def choose_columns(sheet: Sheet, preset: Preset | None, chosen: Mapping[str, str]) -> Columns:
    """For each field the columns to look in, first filled one wins. Raises MappingRefused.

    ``chosen`` (field → column) goes before the preset; an empty column leaves a field out.
    """
    known = PLAIN_NAMES if preset is None else preset.columns
    columns = {field: _present(sheet, known.get(field, ())) for field in FIELDS}
    # Podcasters add this one to an export themselves.
    columns["old_feed"] = columns["old_feed"] or _present(sheet, PLAIN_NAMES["old_feed"])
    for field, name in chosen.items():
        if field not in FIELDS:
            raise MappingRefused(f"“{field}” is none of: {', '.join(FIELDS)}")
        columns[field] = _present(sheet, (name,))
        if name and not columns[field]:
            raise MappingRefused(f"there is no column “{name}”; there are: {_list(sheet)}")
    if not columns["email"]:
        raise MappingRefused(f"no column holds e-mail addresses; there are: {_list(sheet)}")
    return columns


def _present(sheet: Sheet, names: tuple[str, ...]) -> tuple[str, ...]:
    by_plain = {plain(header): header for header in reversed(sheet.headers) if plain(header)}
    return tuple(by_plain[plain(name)] for name in names if plain(name) in by_plain)


def _list(sheet: Sheet) -> str:
    return ", ".join(header for header in sheet.headers if header)[:1000]


def entries(sheet: Sheet, columns: Columns) -> Iterator[Entry]:
    """Each row in the terms of fields."""
    places = {
        field: [sheet.headers.index(name) for name in names] for field, names in columns.items()
    }
    for line in sheet.lines():
        found = {
            field: next((line.cells[i] for i in spots if i < len(line.cells) and line.cells[i]), "")
            for field, spots in places.items()
        }
        too_long = any(len(value) > LONGEST_CELL for value in found.values())
        first, last = found.pop("first_name"), found.pop("last_name")
        found["name"] = (found["name"] or f"{first} {last}".strip())[:255]
        if too_long:
            found = {field: value[:100] for field, value in found.items()}
        yield Entry(line.number, **found, too_long=too_long)


def tiers_in(found: Iterator[Entry]) -> dict[str, int]:
    """The tier names of a file and how many people have each."""
    counts: dict[str, int] = {}
    for entry in found:
        counts[entry.tier] = counts.get(entry.tier, 0) + 1
    return counts
