"""Which programs may run on a schema that is newer than theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, delete, insert, select

from podcast_server.database import (
    SchemaIsNewer,
    _alembic_config,
    migrate,
    require_current_schema,
    require_fitting_schema,
    schema_versions,
)
from podcast_server.fitting import FittingSchema, fitting

pytestmark = pytest.mark.both_databases
NEWER = "ffffffffffff"


def migrated_by_the_next(engine: Engine, *fitting_schemas: str) -> None:
    """What a newer program's `migrate` leaves."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEWER}'")
        connection.execute(delete(FittingSchema))
        rows = [{"revision": each} for each in (NEWER, *fitting_schemas)]
        connection.execute(insert(FittingSchema), rows)


def test_a_program_starts_on_a_newer_schema_that_only_added(engine: Engine) -> None:
    ours = schema_versions(engine)[1]
    assert ours
    migrated_by_the_next(engine, ours)
    require_fitting_schema(engine)
    with pytest.raises(SchemaIsNewer):
        require_current_schema(engine)


def test_a_program_is_refused_by_a_newer_schema_that_took_away_what_it_uses(
    engine: Engine,
) -> None:
    migrated_by_the_next(engine)
    with pytest.raises(SchemaIsNewer):
        require_fitting_schema(engine)


def test_a_newer_schema_that_does_not_say_what_fits_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE fitting_schemas")
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEWER}'")
    with pytest.raises(SchemaIsNewer):
        require_fitting_schema(engine)


def test_migrating_writes_down_every_schema_since_the_last_that_took_something_away(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(delete(FittingSchema))
    migrate(engine)
    present, _needed = schema_versions(engine)
    scripts = ScriptDirectory.from_config(_alembic_config(engine))
    with engine.connect() as connection:
        noted = set(connection.scalars(select(FittingSchema.revision)))
    assert noted == set(fitting(scripts, present))
    assert present in noted


class History:
    """Three migrations, newest first, of which the second takes something away."""

    def iterate_revisions(self, *_ends: str) -> list[Any]:
        plain, takes = SimpleNamespace(), SimpleNamespace(unused_since="0.2.0")
        pairs = (("third", plain), ("second", takes), ("first", plain))
        return [SimpleNamespace(revision=name, module=module) for name, module in pairs]


def test_a_program_from_before_something_was_taken_away_does_not_fit() -> None:
    history: Any = History()
    assert fitting(history, "third") == ["third", "second"]
