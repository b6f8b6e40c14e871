"""site sections and files

Revision ID: c4f19a7be260
Revises: b7d2e05c91f4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from episodes.db import UTCDateTime

revision = "c4f19a7be260"
down_revision = "b7d2e05c91f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_sections",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_sections")),
    )
    op.create_table(
        "site_files",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_files")),
    )


def downgrade() -> None:
    op.drop_table("site_files")
    op.drop_table("site_sections")
