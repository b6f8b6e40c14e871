"""schemas that fit

Revision ID: b7e20d4c19f3
Revises: b7d2f10a6c35
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7e20d4c19f3"
down_revision = "b7d2f10a6c35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fitting_schemas",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_fitting_schemas")),
    )


def downgrade() -> None:
    op.drop_table("fitting_schemas")
