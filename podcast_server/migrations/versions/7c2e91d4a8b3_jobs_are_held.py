"""jobs are held

Revision ID: 7c2e91d4a8b3
Revises: d5a0c3b7e914
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import episodes.db

revision = "7c2e91d4a8b3"
down_revision = "d5a0c3b7e914"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("held_by", sa.String(length=120), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("held_until", episodes.db.UTCDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_column("held_until")
        batch_op.drop_column("held_by")
