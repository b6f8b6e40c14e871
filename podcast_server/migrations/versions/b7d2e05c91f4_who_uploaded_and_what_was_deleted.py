"""who uploaded, and what was deleted

Revision ID: b7d2e05c91f4
Revises: b7e20d4c19f3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7d2e05c91f4"
down_revision = "b7e20d4c19f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("deleted_from", sa.String(length=16), server_default="", nullable=False)
        )

    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("begun_by", sa.String(length=255), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_column("begun_by")

    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.drop_column("deleted_from")
