"""What this installation runs on, and how it fares: name, value, and what to do about it."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask_babel import gettext

from episodes.storage.base import StorageError
from feeds.downloads.write import lost_since
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import open_place
from podcast_server.backup.regular import newest_backup
from podcast_server.database import reading
from podcast_server.i18n import format_ago, format_size
from podcast_server.pages.studio.site.backup_words import plan_words
from podcast_server.services import Services
from podcast_server.settings import Settings

Fact = tuple[str, str, str]


def facts_of(services: Services) -> list[Fact]:
    """What it runs on. What is missing is for whoever runs the server: the podcaster is told
    what to ask for."""
    settings = services.settings
    return [
        _address(settings),
        _mail(services.current),
        _storage(settings),
        _database(services),
        _payments(settings),
        _backup_plan(services),
    ]


def _address(settings: Settings) -> Fact:
    secure = urlsplit(settings.site.public_url).scheme == "https"
    advice = gettext(
        "Podcast apps want https. Ask whoever runs this server for a domain with a certificate: "
        "[site] public_url, and a front such as Caddy."
    )
    return gettext("Address"), settings.site.public_url, "" if secure else advice


def _mail(settings: Settings) -> Fact:
    name = gettext("Mail")
    if settings.mail.host:
        sender = settings.mail.sender or settings.mail.username
        host = settings.mail.host
        return name, gettext("%(sender)s, through %(host)s", sender=sender, host=host), ""
    advice = gettext(
        "No mail is sent: sign-in links and receipts wait in the outbox. Under Settings → Mail "
        "you can set the server, user, password and sender of a mail provider."
    )
    return name, gettext("waits in the outbox"), advice


def _storage(settings: Settings) -> Fact:
    section = settings.storage
    where = (
        gettext("in a folder of this server")
        if section.backend == "local"
        else gettext("in the bucket “%(name)s”", name=section.bucket)
    )
    return gettext("Audio is kept"), where, ""


def _database(services: Services) -> Fact:
    small = services.engine.dialect.name == "sqlite"
    where = gettext("SQLite, a file of this server") if small else "PostgreSQL"
    return gettext("Database"), where, ""


def _payments(settings: Settings) -> Fact:
    key = settings.stripe.secret_key.get_secret_value()
    if not key:
        return gettext("Payments"), gettext("confirmed by hand"), ""
    live = key.startswith(("sk_live_", "rk_live_"))
    return gettext("Payments"), gettext("Stripe") if live else gettext("Stripe, test mode"), ""


def _backup_plan(services: Services) -> Fact:
    name = gettext("Backups")
    if services.settings.backup.folder:
        return name, plan_words(services.backup_plan), ""
    advice = gettext(
        "Ask whoever runs this server to fill in [backup] folder: another disk, or a bucket "
        "elsewhere."
    )
    return name, gettext("none are made by themselves"), advice


def health_of(services: Services, now: datetime) -> list[Fact]:
    """How it fares now; what comes with an advice is not as it should be."""
    return [_last_backup(services, now), *room_of(services)]


def _last_backup(services: Services, now: datetime) -> Fact:
    section = services.settings.backup
    name = gettext("Last backup")
    if not section.folder:
        return name, gettext("none are made by themselves"), ""
    try:
        newest = newest_backup(open_place(services.settings, section.folder))
    except (OSError, ValueError, BackupError, StorageError):
        advice = gettext("Ask whoever runs this server to look at [backup].")
        return name, gettext("cannot be read"), advice
    if newest is None:
        return name, gettext("none yet"), ""
    longest = services.backup_plan.longest
    late = longest is not None and now - newest > 2 * longest
    advice = gettext("It is overdue: a new one should have been made long ago.") if late else ""
    return name, format_ago(newest, now), advice


def room_of(services: Services) -> list[Fact]:
    """Free space, where files are kept on this machine."""
    if services.settings.storage.backend != "local":
        return []
    try:
        usage = shutil.disk_usage(services.settings.data)
    except OSError:
        return []
    scarce = usage.free < max(usage.total // 20, 1_000_000_000)
    advice = gettext("Make room, or move to S3: “podcast-server move storage”.") if scarce else ""
    return [(gettext("Free disk space"), format_size(usage.free), advice)]


def losses_of(services: Services, now: datetime) -> Fact:
    """Downloads that were not written down; that is over, and cannot be mended."""
    with reading(services.engine) as database:
        lost = lost_since(database, (now - timedelta(days=30)).date())
    advice = gettext("The server was too busy or the database away; the log says when.")
    return gettext("Downloads not noted in 30 days"), str(lost), advice if lost else ""
