"""Hits, downloads and plays

Revision ID: 1a6b9d8c07c6
Revises: 03c3ae5c057d
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import episodes.db

revision = "1a6b9d8c07c6"
down_revision = "03c3ae5c057d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "busy_addresses",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ip_hash", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("day", "ip_hash", name=op.f("pk_busy_addresses")),
    )
    op.create_table(
        "counted_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_key", sa.String(length=16), nullable=False),
        sa.Column("hits_version", sa.Integer(), nullable=False),
        sa.Column("counted_version", sa.Integer(), nullable=False),
        sa.Column("counted_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("raw_expired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "episode_key", name=op.f("pk_counted_days")),
    )
    op.create_table(
        "daily_downloads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_key", sa.String(length=16), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("request_based", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "episode_key", "app", "device", "country", name=op.f("pk_daily_downloads")
        ),
    )
    op.create_index(
        "ix_daily_downloads_episode_key_day",
        "daily_downloads",
        ["episode_key", "day"],
        unique=False,
    )

    op.create_table(
        "member_plays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_key", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_based", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "episode_key", "member_id", name=op.f("pk_member_plays")),
    )
    op.create_index(
        "ix_member_plays_member_id_day", "member_plays", ["member_id", "day"], unique=False
    )

    op.create_table(
        "raw_hits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_key", sa.String(length=16), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("range_start", sa.BigInteger(), nullable=True),
        sa.Column("range_end", sa.BigInteger(), nullable=True),
        sa.Column("bytes_served", sa.BigInteger(), nullable=True),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("minute_bytes", sa.BigInteger(), nullable=False),
        sa.Column("ip_hash", sa.String(length=20), nullable=False),
        sa.Column("user_agent", sa.String(length=512), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("feed_app", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_hits")),
    )
    op.create_index("ix_raw_hits_day_episode_key", "raw_hits", ["day", "episode_key"], unique=False)
    op.create_index("ix_raw_hits_feed_id_at", "raw_hits", ["feed_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_raw_hits_feed_id_at", table_name="raw_hits")
    op.drop_index("ix_raw_hits_day_episode_key", table_name="raw_hits")

    op.drop_table("raw_hits")
    op.drop_index("ix_member_plays_member_id_day", table_name="member_plays")

    op.drop_table("member_plays")
    op.drop_index("ix_daily_downloads_episode_key_day", table_name="daily_downloads")

    op.drop_table("daily_downloads")
    op.drop_table("counted_days")
    op.drop_table("busy_addresses")
