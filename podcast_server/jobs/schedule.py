"""What runs by itself and how often. The bodies live in their subjects and may be repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodes.preview_cutting import cut_due_previews
from feeds.downloads.count import CountingRules
from feeds.downloads.expire import expire_raw_hits
from feeds.downloads.partitions import prepare_partitions
from feeds.downloads.rollup import Pace, roll_up
from feeds.models import PrivateFeed
from feeds.sharing.watch import measure_days
from podcast_server.accounts.hand_over import HAND_OVER_SECRET, MAIL_LIFE, make_hand_over
from podcast_server.accounts.mail_choices import SECRET
from podcast_server.accounts.sessions import forget_sessions
from podcast_server.accounts.sharing import keeper_of, look_after_shared_feeds
from podcast_server.accounts.sign_in import forget_requests
from podcast_server.backup.regular import back_up_when_due
from podcast_server.billing.doubles import undo_doubles
from podcast_server.billing.inbox import forget_events, work_off_events
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.reconcile import reconcile
from podcast_server.jobs.imports import forget_imports, work_on_imports
from podcast_server.jobs.uploads import clear_old_uploads, examine_waiting_uploads
from podcast_server.limits.counter import forget_counts
from podcast_server.mail.outbox import send_due
from podcast_server.moving.members.invite import not_yet_told
from podcast_server.newsletter.episode_mails import Sender, send_episode_mails
from podcast_server.services import Services, open_transport

log = logging.getLogger(__name__)

_PACE = Pace()  # of this process


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: does what is due and not done, so that a crash repeats safely.

    ``long`` is what may take minutes or hours, or waits for other servers: it goes on beside the
    others and holds up none of them.
    """

    name: str
    every: timedelta
    run: Callable[[Services, datetime], None]
    long: bool = True


def count_downloads(services: Services, now: datetime) -> None:
    """Count what listeners downloaded since the last time, late hits included."""
    roll_up(services.sessions, CountingRules(classify=services.classify), now, pace=_PACE)


def forget_old_hits(services: Services, now: datetime) -> None:
    """Delete single requests that are older than the settings keep them, make room for new ones."""
    prepare_partitions(services.sessions, now.date())
    expire_raw_hits(services.sessions, now, services.settings.downloads.keep_raw_days)


def watch_sharing(services: Services, now: datetime) -> None:
    """Measure how widely each feed is fetched, and take the steps that are due."""
    measure_days(services.sessions, CountingRules(classify=services.classify), now)
    keeper = keeper_of(services.current, services.tokens.newest)
    look_after_shared_feeds(services.sessions, keeper, now)


def cut_previews(services: Services, now: datetime) -> None:
    """Cut the previews that shows want of their members' episodes."""
    cut_due_previews(services.sessions, services.storage, now)


def clear_interrupted_uploads(services: Services, now: datetime) -> None:
    """Free what uploads left behind that nobody continued for a week."""
    services.storage.sweep(now - timedelta(days=7))


def send_mail(services: Services, now: datetime) -> None:
    """Send the mail that is due, again where it failed before."""
    send_due(services.sessions, open_transport(services), services.current, now)


def mail_episodes(services: Services, now: datetime) -> None:
    """Write to those who want to hear of new episodes by mail."""
    sender = Sender(
        services.site.name,
        services.settings.site.public_url,
        services.tokens.derive(SECRET),
    )
    send_episode_mails(services.sessions, sender, now)


def forget_sign_ins(services: Services, now: datetime) -> None:
    """Delete sign-in requests and sessions that are over."""
    with services.sessions.begin() as session:
        forget_requests(session, now)
        forget_sessions(session, now)


def work_off_payments(services: Services, now: datetime) -> None:
    """Take over what webhooks told, put doubles right, and write the letters that are due."""
    work_off_events(services.till, now)
    undo_doubles(services.till, now)
    site, mails = services.site.name, services.settings.payments.mails
    secret = services.tokens.derive(HAND_OVER_SECRET)

    def add_link(feed: PrivateFeed) -> str:
        token = make_hand_over(secret, feed.id, now + MAIL_LIFE)
        return f"{services.settings.site.public_url}/hand-over/{token}"

    post_payment_letters(
        services.till, site, now, dunning=mails, add_link=add_link, quiet=not_yet_told()
    )


def reconcile_payments(services: Services, now: datetime) -> None:
    """Compare our books with the providers' and repair what differs."""
    report = reconcile(services.till, now)
    if report.repaired:  # who, the ledgers say; logs name nobody
        log.warning("reconcile repaired %d rights", len(report.repaired))
    for line in report.problems:
        log.error("reconcile: %s", line)


def forget_old_events(services: Services, now: datetime) -> None:
    """Delete finished webhooks after three months."""
    with services.sessions.begin() as session:
        forget_events(session, now - timedelta(days=90))


def make_backups(services: Services, now: datetime) -> None:
    """Make the scheduled backup when it is due."""
    back_up_when_due(services, now)


def forget_minute_counts(services: Services, now: datetime) -> None:
    """Delete what the limits counted in minutes that are over."""
    with services.sessions.begin() as session:
        forget_counts(session, now)


SCHEDULE: tuple[Job, ...] = (
    Job("count-downloads", timedelta(minutes=1), count_downloads),
    Job("examine-uploads", timedelta(minutes=1), examine_waiting_uploads),
    Job("cut-previews", timedelta(minutes=1), cut_previews),
    Job("clear-old-uploads", timedelta(hours=6), clear_old_uploads),
    Job("watch-sharing", timedelta(hours=6), watch_sharing),
    Job("forget-old-hits", timedelta(hours=6), forget_old_hits),
    Job("clear-interrupted-uploads", timedelta(days=1), clear_interrupted_uploads),
    Job("mail-episodes", timedelta(minutes=5), mail_episodes),
    Job("send-mail", timedelta(minutes=1), send_mail),
    Job("forget-sign-ins", timedelta(hours=6), forget_sign_ins, long=False),
    Job("work-off-payments", timedelta(minutes=1), work_off_payments),
    Job("reconcile-payments", timedelta(days=1), reconcile_payments),
    Job("forget-old-events", timedelta(days=1), forget_old_events, long=False),
    Job("work-on-imports", timedelta(minutes=1), work_on_imports),
    Job("forget-imports", timedelta(days=1), forget_imports, long=False),
    Job("back-up", timedelta(minutes=30), make_backups),
    Job("forget-minute-counts", timedelta(hours=1), forget_minute_counts, long=False),
)
