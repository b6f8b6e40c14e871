"""links of shows, ends of transcripts

Revision ID: b7d2f10a6c35
Revises: 5b8e2f04d9a7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7d2f10a6c35"
down_revision = "5b8e2f04d9a7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("shows", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("funding_url", sa.String(length=2000), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("funding_text", sa.String(length=128), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("links", sa.JSON(), server_default="[]", nullable=False))

    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.drop_column("ends")

    with op.batch_alter_table("shows", schema=None) as batch_op:
        batch_op.drop_column("links")
        batch_op.drop_column("funding_text")
        batch_op.drop_column("funding_url")
