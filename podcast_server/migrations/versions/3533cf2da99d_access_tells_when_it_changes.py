"""access tells when it changes

Revision ID: 3533cf2da99d
Revises: ae5be3550f32
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3533cf2da99d"
down_revision = "ae5be3550f32"
branch_labels = None
depends_on = None

_OF_FEEDS = "UPDATE OF key, member_id, show_id, signing_key, state, closes_at"
# When, on which table, and on PostgreSQL by which function.
_EVENTS = {
    "feed_update": (_OF_FEEDS, "private_feeds", "tell_feed_changed"),
    "feed_delete": ("DELETE", "private_feeds", "tell_feed_changed"),
    "insert": ("INSERT", "access", "tell_access_changed"),
    "update": ("UPDATE", "access", "tell_access_changed"),
    "delete": ("DELETE", "access", "tell_access_changed"),
    "show_update": ("UPDATE OF revision", "shows", "tell_show_changed"),
    "show_delete": ("DELETE", "shows", "tell_show_changed"),
}
_COUNT = """
CREATE TRIGGER access_changes_{name} AFTER {event} ON {table} BEGIN
  INSERT INTO access_changes (id, number) VALUES (1, 1)
  ON CONFLICT (id) DO UPDATE SET number = number + 1;
END
"""
_NOTIFY = """
CREATE TRIGGER access_changes_{name} AFTER {event} ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}()
"""
_FUNCTIONS = {
    "tell_feed_changed": "PERFORM pg_notify('podcast_feeds', 'feed:' || OLD.key);",
    "tell_show_changed": "PERFORM pg_notify('podcast_feeds', 'show:' || OLD.id);",
    "tell_access_changed": """
        IF TG_OP <> 'INSERT' THEN
          PERFORM pg_notify('podcast_feeds', 'feed:' || key) FROM private_feeds
          WHERE member_id = OLD.member_id AND show_id = OLD.show_id;
        END IF;
        IF TG_OP <> 'DELETE' THEN
          PERFORM pg_notify('podcast_feeds', 'feed:' || key) FROM private_feeds
          WHERE member_id = NEW.member_id AND show_id = NEW.show_id;
        END IF;""",
}


def upgrade() -> None:
    op.create_table(
        "access_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_changes")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        for name, body in _FUNCTIONS.items():
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body} RETURN NULL; END $$"
            )
    for name, (event, table, function) in _EVENTS.items():
        statement = _NOTIFY if postgresql else _COUNT
        op.execute(statement.format(name=name, event=event, table=table, function=function))


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (_, table, _) in _EVENTS.items():
        op.execute(f"DROP TRIGGER access_changes_{name}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        for name in _FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("access_changes")
