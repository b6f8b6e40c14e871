"""audio of more than two gigabytes

An uncompressed recording of three hours has more bytes than PostgreSQL's INTEGER counts. SQLite
counts them all in the column it has.

Revision ID: 9d2b6f41c8a3
Revises: e81c5d20b7f4
"""

from __future__ import annotations

from alembic import op

revision = "9d2b6f41c8a3"
down_revision = "e81c5d20b7f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _count_with("BIGINT")


def downgrade() -> None:
    _count_with("INTEGER")


def _count_with(kind: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"ALTER TABLE audio ALTER COLUMN size TYPE {kind}, "
            f"ALTER COLUMN minute_bytes TYPE {kind}"
        )
