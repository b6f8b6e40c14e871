"""The first tables

Revision ID: 03c3ae5c057d
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import episodes.db

revision = "03c3ae5c057d"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("email", name=op.f("uq_members_email")),
    )
    op.create_table(
        "shows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("owner_name", sa.String(length=255), nullable=False),
        sa.Column("owner_email", sa.String(length=320), nullable=False),
        sa.Column("link", sa.String(length=2000), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("copyright", sa.String(length=255), nullable=False),
        sa.Column("explicit", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("persons", sa.JSON(), nullable=False),
        sa.Column("artwork_key", sa.String(length=512), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("podcast_guid", sa.String(length=36), nullable=False),
        sa.Column("private_podcast_guid", sa.String(length=36), nullable=False),
        sa.Column("public_feed", sa.String(length=16), nullable=False),
        sa.Column("archive_after_days", sa.Integer(), nullable=True),
        sa.Column("archive_after_count", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shows")),
        sa.UniqueConstraint("slug", name=op.f("uq_shows_slug")),
    )
    op.create_table(
        "access",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("windows", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_access_member_id_members")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_access_show_id_shows")),
        sa.PrimaryKeyConstraint("member_id", "show_id", name=op.f("pk_access")),
    )
    op.create_table(
        "audio",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("original_key", sa.String(length=512), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("bitrate", sa.Integer(), nullable=False),
        sa.Column("minute_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_audio_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audio")),
        sa.UniqueConstraint("object_key", name=op.f("uq_audio_object_key")),
    )
    with op.batch_alter_table("audio", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audio_show_id"), ["show_id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_grants_member_id_members")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_grants_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index("ix_grants_member_id_show_id", ["member_id", "show_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_source"), ["source"], unique=False)

    op.create_table(
        "private_feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("signing_key", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.Column("first_fetched_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_fetched_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_app", sa.String(length=80), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_private_feeds_member_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["private_feeds.id"],
            name=op.f("fk_private_feeds_replaced_by_id_private_feeds"),
        ),
        sa.ForeignKeyConstraint(
            ["show_id"], ["shows.id"], name=op.f("fk_private_feeds_show_id_shows")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_feeds")),
        sa.UniqueConstraint("key", name=op.f("uq_private_feeds_key")),
    )
    with op.batch_alter_table("private_feeds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_private_feeds_member_id_show_id", ["member_id", "show_id"], unique=False
        )

    op.create_table(
        "tiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_tiers_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiers")),
        sa.UniqueConstraint("show_id", "slug", name=op.f("uq_tiers_show_id_slug")),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("guid", sa.String(length=512), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("link", sa.String(length=2000), nullable=False),
        sa.Column("season", sa.Integer(), nullable=True),
        sa.Column("season_name", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("explicit", sa.Boolean(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("tier_ids", sa.JSON(), nullable=False),
        sa.Column("publish_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("public_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("public_from", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("public_until", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("audio_id", sa.Integer(), nullable=True),
        sa.Column("preview_audio_id", sa.Integer(), nullable=True),
        sa.Column("artwork_key", sa.String(length=512), nullable=True),
        sa.Column("chapters", sa.JSON(), nullable=False),
        sa.Column("persons", sa.JSON(), nullable=False),
        sa.Column("created_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["audio_id"], ["audio.id"], name=op.f("fk_episodes_audio_id_audio")
        ),
        sa.ForeignKeyConstraint(
            ["preview_audio_id"], ["audio.id"], name=op.f("fk_episodes_preview_audio_id_audio")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_episodes_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
        sa.UniqueConstraint("key", name=op.f("uq_episodes_key")),
        sa.UniqueConstraint("show_id", "guid", name=op.f("uq_episodes_show_id_guid")),
    )
    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_episodes_show_id_publish_at", ["show_id", "publish_at"], unique=False
        )

    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("show_id", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("starts_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("ends_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("fk_ledger_grant_id_grants")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_ledger_member_id_members")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_ledger_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_member_id"), ["member_id"], unique=False)

    op.create_table(
        "transcripts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("mime", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name=op.f("fk_transcripts_episode_id_episodes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
    )
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transcripts_episode_id"), ["episode_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transcripts_episode_id"))

    op.drop_table("transcripts")
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_member_id"))

    op.drop_table("ledger")
    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.drop_index("ix_episodes_show_id_publish_at")

    op.drop_table("episodes")
    op.drop_table("tiers")
    with op.batch_alter_table("private_feeds", schema=None) as batch_op:
        batch_op.drop_index("ix_private_feeds_member_id_show_id")

    op.drop_table("private_feeds")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_source"))
        batch_op.drop_index("ix_grants_member_id_show_id")

    op.drop_table("grants")
    with op.batch_alter_table("audio", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audio_show_id"))

    op.drop_table("audio")
    op.drop_table("access")
    op.drop_table("shows")
    op.drop_table("members")
