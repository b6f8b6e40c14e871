"""plans and terms over time

What ran before this is taken to have been as it is now: who changed plan or price, nobody wrote
down.

Revision ID: 5b8e2f04d9a7
Revises: 7c2e91d4a8b3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import episodes.db

revision = "5b8e2f04d9a7"
down_revision = "7c2e91d4a8b3"
branch_labels = None
depends_on = None

# Where the plan behind the grants of a source stands.
_OWNERS = {
    "subscription": "subscriptions o",
    "purchase": "purchases o",
    "gift": "gifts o",
    "comp": "comps o",
}
_STAYS = """
    INSERT INTO plan_stays (source, member_id, plan_id, starts_at, ends_at)
    SELECT g.source, g.member_id, {plan}, MIN(g.starts_at),
           CASE WHEN COUNT(*) > COUNT(g.ends_at) THEN NULL ELSE MAX(g.ends_at) END
    FROM {owners}
    JOIN grants g ON g.source = '{kind}:' || CAST({number} AS VARCHAR(20))
    WHERE g.scope IN ('show', 'tier') AND {plan} IS NOT NULL
      AND (g.ends_at IS NULL OR g.ends_at > g.starts_at)
    GROUP BY g.source, g.member_id, {plan}
"""
_SEATS = "seats s JOIN seat_groups c ON c.id = s.group_id JOIN subscriptions o ON o.id = c.subscription_id"
# Ended ones count where money came; the rest of those that are not active stopped at the latest
# moment that is known of.
_TERMS = """
    INSERT INTO subscription_terms
        (subscription_id, plan_id, amount, currency, "interval", interval_count, starts_at, ends_at)
    SELECT id, plan_id, amount * quantity, currency, "interval", interval_count, begun, stopped
    FROM (
        SELECT o.*,
               CASE WHEN trial_end > started_at THEN trial_end ELSE started_at END AS begun,
               CASE WHEN status = 'active' THEN NULL
                    ELSE COALESCE(ended_at, past_due_since, period_end, as_of, started_at)
               END AS stopped
        FROM subscriptions o
        WHERE plan_id IS NOT NULL AND purpose <> 'donation'
          AND (status = 'active' OR (status IN ('ended', 'past_due', 'unpaid', 'paused') AND EXISTS (
              SELECT 1 FROM payments p
              WHERE p.subscription_id = o.id AND p.status = 'paid' AND p.amount > 0)))
    ) known
    WHERE stopped IS NULL OR stopped > begun
"""


def upgrade() -> None:
    op.create_table(
        "plan_stays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_plan_stays_member_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_stays_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_stays")),
    )
    for column in ("source", "member_id", "plan_id"):
        op.create_index(op.f(f"ix_plan_stays_{column}"), "plan_stays", [column])
    op.create_table(
        "subscription_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("interval", sa.String(length=8), nullable=False),
        sa.Column("interval_count", sa.Integer(), nullable=False),
        sa.Column("starts_at", episodes.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", episodes.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_subscription_terms_subscription_id_subscriptions"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_subscription_terms_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_terms")),
    )
    for column in ("subscription_id", "plan_id"):
        op.create_index(op.f(f"ix_subscription_terms_{column}"), "subscription_terms", [column])
    _fill()


def _fill() -> None:
    for kind, owners in _OWNERS.items():
        op.execute(_STAYS.format(kind=kind, owners=owners, number="o.id", plan="o.plan_id"))
    op.execute(_STAYS.format(kind="seat", owners=_SEATS, number="s.id", plan="o.plan_id"))
    op.execute(_TERMS)


def downgrade() -> None:
    op.drop_table("subscription_terms")
    op.drop_table("plan_stays")
