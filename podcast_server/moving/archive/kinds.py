"""What is in an archive, file by file, and under which names. The format is docs/archive.md.

A column keeps its name in the archive when the table is renamed or split later: then its kind
says so here, and old archives stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Column, Table

from podcast_server.tables import metadata


@dataclass(frozen=True)
class Kind:
    """One kind of record: the rows of a table in the words of the archive.

    ``path`` is its file, "" where records lie inside others. ``names`` tells fields that are
    called otherwise than their column; ``implied`` columns follow from where the record lies.
    """

    table_name: str
    path: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    implied: frozenset[str] = frozenset()
    optional: bool = False  # only there when asked for

    @property
    def table(self) -> Table:
        """The table that holds these records."""
        return metadata.tables[self.table_name]

    @cached_property
    def fields(self) -> dict[str, Column[object]]:
        """Field → column, in the order they are written."""
        return {
            self.names.get(column.name, column.name): column
            for column in self.table.columns
            if column.name not in self.implied
        }


SHOW = Kind("shows")
TIER = Kind("tiers", implied=frozenset({"show_id"}))
EPISODE = Kind(
    "episodes",
    names={"number": "episode", "type": "episode_type"},
    implied=frozenset({"show_id", "audio_id", "preview_audio_id"}),
)
AUDIO = Kind("audio", names={"size": "bytes", "mime": "type"}, implied=frozenset({"show_id"}))
TRANSCRIPT = Kind(
    "transcripts", names={"size": "bytes", "mime": "type"}, implied=frozenset({"episode_id"})
)
ANNOUNCEMENT = Kind("announcements", implied=frozenset({"show_id", "audio_id"}))
VERSION = Kind("episode_versions", implied=frozenset({"episode_id"}))

# Inside show.json and episode.json.
CONTENT = (SHOW, TIER, AUDIO, ANNOUNCEMENT, EPISODE, VERSION, TRANSCRIPT)

# One file each, with a record on every line.
LISTED = (
    Kind("members", "people/members.jsonl"),
    Kind("private_feeds", "people/feeds.jsonl", names={"key": "token_id"}),
    Kind("grants", "people/grants.jsonl"),
    Kind("ledger", "people/grant-history.jsonl"),
    Kind("moved_paths", "people/moved-paths.jsonl", implied=frozenset({"import_id"})),
    Kind("feed_visits", "people/feed-visits.jsonl"),
    Kind("feed_days", "people/feed-days.jsonl"),
    Kind("sharing_cases", "people/sharing-cases.jsonl"),
    Kind("sharing_choices", "people/sharing-choices.jsonl"),
    Kind("episode_mails", "people/episode-mails.jsonl"),
    Kind("play_positions", "people/play-positions.jsonl"),
    Kind("plans", "money/plans.jsonl"),
    Kind("plan_openings", "money/plan-openings.jsonl"),
    Kind("collections", "money/collections.jsonl"),
    Kind("collection_items", "money/collection-items.jsonl"),
    Kind("prices", "money/prices.jsonl"),
    Kind("coupons", "money/coupons.jsonl"),
    Kind("checkouts", "money/checkouts.jsonl"),
    Kind("subscriptions", "money/subscriptions.jsonl"),
    Kind("subscription_terms", "money/subscription-terms.jsonl"),
    Kind("purchases", "money/purchases.jsonl"),
    Kind("payments", "money/payments.jsonl"),
    Kind("gifts", "money/gifts.jsonl"),
    Kind("donations", "money/donations.jsonl"),
    Kind("comps", "money/comps.jsonl"),
    Kind("plan_stays", "money/plan-stays.jsonl"),
    Kind("seat_groups", "money/seat-groups.jsonl"),
    Kind("seats", "money/seats.jsonl"),
    Kind("manual_orders", "money/manual-orders.jsonl"),
    Kind("manual_payments", "money/manual-payments.jsonl"),
    Kind("foreign_prices", "money/foreign-prices.jsonl"),
    Kind("remote_objects", "money/provider-objects.jsonl"),
    Kind("remote_customers", "money/provider-customers.jsonl"),
    Kind("payment_letters", "money/letters.jsonl"),
    Kind("daily_downloads", "downloads/daily.csv"),
    Kind("member_plays", "downloads/plays.csv"),
    Kind("counted_days", "downloads/counted-days.csv"),
    Kind("busy_addresses", "downloads/busy-addresses.jsonl", optional=True),
    Kind("raw_hits", "downloads/hits.jsonl", optional=True),
)

# Never in an archive: secrets, sessions, staff, what is under way, what is made from the rest.
LEFT_OUT = {
    "api_keys": "secret",
    "access_changes": "counts for one database",
    "access": "folded from the grants again",
    "audit_entries": "what staff did on the old server",
    "failed_sign_ins": "protects one server",
    "fitting_schemas": "says which programs may run on one database",
    "feed_import_items": "under way; the import run again finds what is here",
    "feed_imports": "under way, with the secret address of the other host",
    "hit_parcels": "taken in as hits before an archive is made",
    "job_runs": "the new server's own",
    "lost_hits": "how the old server fared",
    "member_import_rows": "how an import went; what it brought is here",
    "member_imports": "how an import went; what it brought is here",
    "minute_counts": "protects one server",
    "outbox": "mails under way are sent by the server that wrote them",
    "passkeys": "bound to the old address",
    "payment_events": "the provider is asked again",
    "recovery_codes": "secret",
    "sign_in_requests": "under way",
    "sign_ins": "sessions",
    "site_choices": "how the new server looks is its owner's business",
    "site_files": "how the new server looks is its owner's business",
    "site_sections": "the new server has its own mail server and backups, with secrets",
    "staff": "the new server's own, with secrets",
    "staff_invitations": "under way",
    "staff_roles": "of staff",
    "staff_sessions": "sessions",
    "uploads": "under way",
}
