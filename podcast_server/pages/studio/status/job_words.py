"""What runs in the background, as a podcaster would say it."""

from __future__ import annotations

from flask_babel import gettext

from podcast_server.pages.studio.known import N_

JOBS = {
    "back-up": N_("Making backups"),
    "clear-interrupted-uploads": N_("Clearing up after interrupted uploads"),
    "clear-old-uploads": N_("Giving up uploads that nobody continued"),
    "count-downloads": N_("Counting downloads"),
    "cut-previews": N_("Cutting previews"),
    "examine-uploads": N_("Looking at new audio"),
    "forget-imports": N_("Forgetting old tables of members"),
    "forget-minute-counts": N_("Forgetting what slows guessing down"),
    "forget-old-events": N_("Forgetting old messages about payments"),
    "forget-old-hits": N_("Forgetting single downloads of long ago"),
    "forget-sign-ins": N_("Forgetting sign-ins that are over"),
    "mail-episodes": N_("Mailing new episodes"),
    "reconcile-payments": N_("Comparing payments with Stripe"),
    "send-mail": N_("Sending mail"),
    "watch-sharing": N_("Looking for feeds that are shared"),
    "work-off-payments": N_("Taking in payments"),
    "work-on-imports": N_("Bringing members over"),
}


def job_words(name: str) -> str:
    """A job in words; one that has none yet by its own name."""
    known = JOBS.get(name)
    return str(gettext(known)) if known else name
