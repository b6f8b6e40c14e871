"""hits in parcels

Revision ID: c41d7b0f92ae
Revises: f9387968ce0a
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41d7b0f92ae"
down_revision = "f9387968ce0a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hit_parcels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hits", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit_parcels")),
    )


def downgrade() -> None:
    op.drop_table("hit_parcels")
