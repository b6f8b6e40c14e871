"""What all commands share: settings and services on demand, and how results are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from podcast_server.database import reading, require_fitting_schema
from podcast_server.logs import set_up_logging
from podcast_server.services import Services, open_services
from podcast_server.settings import Settings, load_settings

FAILED = 1
PARTLY = 3
UNFOLDED = 100_000  # columns


class Context:
    """Opens the configuration and the services when a command first needs them."""

    def __init__(self, config: Path | None, environ: Mapping[str, str]) -> None:
        self.config = config
        self.environ = environ

    @cached_property
    def settings(self) -> Settings:
        """The checked configuration; logging is set up with it."""
        settings = load_settings(self.config, self.environ)
        set_up_logging(settings.log)
        return settings

    @cached_property
    def services(self) -> Services:
        """Database, storage and keys, with the schema checked."""
        services = open_services(self.settings)
        require_fitting_schema(services.engine)
        return services

    def close(self) -> None:
        """Give back what was opened."""
        if "services" in self.__dict__:
            self.services.close()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is kept if nothing goes wrong."""
        with self.services.sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with reading(self.services.engine) as session:
            yield session


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
# What people write in brackets is neither a style nor left out.
console = Console(highlight=False, markup=False)


def print_json(value: Any) -> None:
    """Print a value as JSON, times in ISO 8601 UTC."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


def print_rows(
    rows: Sequence[Mapping[str, Any]], *, columns: Mapping[str, str], empty: str, as_json: bool
) -> None:
    """Print rows as a table with titled columns, or as JSON; ``empty`` when there are none."""
    if as_json:
        print_json([dict(row) for row in rows])
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns.values():
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[key]) for key in columns))
    if console.is_terminal:
        console.print(table)
    else:
        # Programs read line by line, and do not find an address that goes on in the next line.
        Console(highlight=False, markup=False, width=UNFOLDED).print(table)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    return str(value)


class Moment(click.ParamType[datetime]):
    """A time: `now`, `2026-12-24`, `2026-12-24 18:00` in the show's zone, or ISO with offset.

    Left as a naive datetime when no offset was given; ``in_zone`` then places it.
    """

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(UTC)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a time: use now, 2026-12-24, “2026-12-24 18:00” "
                "or 2026-12-24T18:00+01:00",
                param,
                ctx,
            )


def in_zone(moment: datetime | None, zone: str) -> datetime | None:
    """A moment in UTC; one without offset is read on the clock of ``zone``."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)
