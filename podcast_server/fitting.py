"""Which programs may run on the schema of now: its own, and older ones that it only added to.

A program that starts on a schema newer than itself cannot know what was changed, so the
database says which it fits. Without that a process that dies between `migrate` and the
replacement of its program would not come back.
"""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, String, delete, insert, inspect, select
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base


class FittingSchema(Base):
    """A schema whose program may run on the present one."""

    __tablename__ = "fitting_schemas"

    revision: Mapped[str] = mapped_column(String(32), primary_key=True)


def note_fitting(connection: Connection, scripts: ScriptDirectory) -> None:
    """After migrating, within the same transaction: write down which programs may still run."""
    if not inspect(connection).has_table(FittingSchema.__tablename__):
        return
    present = MigrationContext.configure(connection).get_current_revision()
    connection.execute(delete(FittingSchema))
    rows = [{"revision": each} for each in fitting(scripts, present)]
    if rows:
        connection.execute(insert(FittingSchema), rows)


def fitting(scripts: ScriptDirectory, present: str | None) -> list[str]:
    """The schema ``present`` and those before it, down to the last that took something away."""
    found = []
    for script in scripts.iterate_revisions(present or "base", "base"):
        found.append(script.revision)
        if takes_away(script.module):
            break
    return found


def takes_away(migration: object) -> str:
    """The release that stopped using what a migration removes; empty where it only adds."""
    return str(getattr(migration, "unused_since", ""))


def fits(connection: Connection, schema: str | None) -> bool:
    """Whether the program of a schema may run on the present one."""
    if not inspect(connection).has_table(FittingSchema.__tablename__):
        return False
    found = select(FittingSchema.revision).where(FittingSchema.revision == schema)
    return connection.scalar(found) is not None
