"""a table for each day of hits

Revision ID: d5a0c3b7e914
Revises: c41d7b0f92ae
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "d5a0c3b7e914"
down_revision = "c41d7b0f92ae"
branch_labels = None
depends_on = None

_AHEAD = 7


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _copied_into(
        "CREATE TABLE raw_hits (LIKE raw_hits_before INCLUDING DEFAULTS) PARTITION BY RANGE (day)"
    )
    op.execute("ALTER TABLE raw_hits ADD CONSTRAINT pk_raw_hits PRIMARY KEY (id, day)")
    _index()


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _copied_into("CREATE TABLE raw_hits (LIKE raw_hits_before INCLUDING DEFAULTS)")
    op.execute("ALTER TABLE raw_hits ADD CONSTRAINT pk_raw_hits PRIMARY KEY (id)")
    _index()


def _copied_into(create: str) -> None:
    """Put a table made so in the place of raw_hits, with its rows."""
    op.execute("SET LOCAL statement_timeout = 0")  # there may be very many
    op.execute("ALTER TABLE raw_hits RENAME TO raw_hits_before")
    op.execute("ALTER SEQUENCE raw_hits_id_seq OWNED BY NONE")
    op.execute(create)
    if "PARTITION BY" in create:
        op.execute("CREATE TABLE raw_hits_rest PARTITION OF raw_hits DEFAULT")
        for day in _days():
            bounds = f"FROM ('{day}') TO ('{day + timedelta(days=1)}')"
            op.execute(
                f"CREATE TABLE raw_hits_d{day:%Y%m%d} PARTITION OF raw_hits FOR VALUES {bounds}"
            )
    op.execute("INSERT INTO raw_hits SELECT * FROM raw_hits_before")
    op.execute("DROP TABLE raw_hits_before")
    op.execute("ALTER SEQUENCE raw_hits_id_seq OWNED BY raw_hits.id")


def _days() -> list[date]:
    """Those that have hits, and those to come."""
    today = datetime.now(UTC).date()
    there = op.get_bind().scalars(sa.text("SELECT DISTINCT day FROM raw_hits_before")).all()
    return sorted({*there, *(today + timedelta(days=ahead) for ahead in range(_AHEAD + 1))})


def _index() -> None:
    op.create_index("ix_raw_hits_day_episode_key", "raw_hits", ["day", "episode_key"])
    op.create_index("ix_raw_hits_feed_id_at", "raw_hits", ["feed_id", "at"])
