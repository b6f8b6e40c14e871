"""parcels as they are

A parcel of hits is written once, read once and gone: to compress it was three quarters of what it
cost PostgreSQL to take it.

Revision ID: e81c5d20b7f4
Revises: c4f19a7be260
"""

from __future__ import annotations

from alembic import op

revision = "e81c5d20b7f4"
down_revision = "c4f19a7be260"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE hit_parcels ALTER COLUMN hits SET STORAGE EXTERNAL")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE hit_parcels ALTER COLUMN hits SET STORAGE EXTENDED")
