"""``/studio/status``: jobs, webhooks, mail and settings at a glance; the outbox."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from episodes.storage.base import StorageError
from feeds.downloads.write import lost_since
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import open_place
from podcast_server.backup.regular import newest_backup
from podcast_server.billing.inbox import find_event, list_events, replay_event
from podcast_server.database import reading
from podcast_server.i18n import format_ago
from podcast_server.jobs.runner import job_states
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.outbox import outbox
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = studio_blueprint("status", __name__)


@blueprint.get("/status")
def page() -> Response:
    services = the_services()
    with reading(services.engine) as database:
        stuck = list_events(database, status="needs_attention", limit=50)
        counted = database.execute(
            select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
        )
        mails = {row[0]: row[1] for row in counted}
    return make_response(
        render_template(
            "studio/status/status.html",
            jobs=job_states(services),
            stuck=stuck,
            mails=mails,
            facts=facts_of(services),
            health=health_of(services, current_time()),
            now=current_time(),
        )
    )


def facts_of(services: Services) -> list[tuple[str, str, str]]:
    """What this installation runs on: name, value, and what to do about it where it matters."""
    settings = services.settings
    public = urlsplit(settings.site.public_url)
    secure = public.scheme == "https"
    advice = gettext("Podcast apps want https: put a front such as Caddy before it.")
    paid = settings.stripe.secret_key.get_secret_value()
    return [
        (gettext("Address"), settings.site.public_url, "" if secure else advice),
        (gettext("Database"), services.engine.dialect.name, ""),
        (gettext("Audio is kept"), settings.storage.backend, ""),
        (
            gettext("Mail"),
            settings.mail.host or gettext("the outbox below"),
            "" if settings.mail.host else gettext("Set [mail] in config.toml to send it."),
        ),
        (
            gettext("Payments"),
            _stripe_words(paid) if paid else gettext("confirmed by hand"),
            "",
        ),
    ]


def health_of(services: Services, now: datetime) -> list[tuple[str, str, str]]:
    """How it fares: name, value, and what to do about it where it matters."""
    return [*_backups(services, now), *_room(services), _lost(services, now)]


def _backups(services: Services, now: datetime) -> list[tuple[str, str, str]]:
    section = services.settings.backup
    name = gettext("Last backup")
    if not section.folder:
        return [
            (name, gettext("none by themselves"), gettext("Set [backup] folder in config.toml."))
        ]
    try:
        newest = newest_backup(open_place(services.settings, section.folder))
    except (OSError, ValueError, BackupError, StorageError):
        return [(name, gettext("cannot be read"), gettext("Look at [backup] in config.toml."))]
    if newest is None:
        return [(name, gettext("none yet"), "")]
    late = now - newest > 2 * timedelta(hours=section.every_hours)
    advice = gettext("It is overdue: see the job “back-up” below.") if late else ""
    return [(name, format_ago(newest, now), advice)]


def _room(services: Services) -> list[tuple[str, str, str]]:
    """Free space, where files are kept on this machine."""
    if services.settings.storage.backend != "local":
        return []
    try:
        usage = shutil.disk_usage(services.settings.data)
    except OSError:
        return []
    scarce = usage.free < max(usage.total // 20, 1_000_000_000)
    advice = gettext("Make room, or move to S3: “podcast-server move storage”.") if scarce else ""
    return [(gettext("Free disk space"), f"{usage.free / 1e9:.1f} GB", advice)]


def _lost(services: Services, now: datetime) -> tuple[str, str, str]:
    with reading(services.engine) as database:
        lost = lost_since(database, (now - timedelta(days=30)).date())
    advice = gettext("The server was too busy or the database away; the log says when.")
    return (gettext("Downloads not noted in 30 days"), str(lost), advice if lost else "")


def _stripe_words(key: str) -> str:
    live = key.startswith(("sk_live_", "rk_live_"))
    return str(gettext("Stripe") if live else gettext("Stripe, test mode"))


@blueprint.post("/status/webhooks/<ref>")
def replay(ref: str) -> Response:
    with doing("webhook.replay", ref) as database:
        event = find_event(database, ref)
        if event is None:
            abort(404)
        replay_event(database, event, current_time())
    flash(gettext("It is worked off again within a minute."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.get("/status/outbox")
def mail() -> Response:
    with reading(the_services().engine) as database:
        letters = outbox(database)
    return make_response(
        render_template("studio/status/outbox.html", letters=letters, now=current_time())
    )


@blueprint.get("/status/outbox/<int:mail_id>")
def letter(mail_id: int) -> Response:
    """One mail. Its words may open somebody's account, so that they were read is written down."""
    with doing("mail.read", str(mail_id)) as database:
        found = database.get(OutgoingMail, mail_id)
        if found is None:
            abort(404)
        database.expunge(found)
    return make_response(render_template("studio/status/letter.html", letter=found))


@blueprint.post("/status/outbox/<int:mail_id>")
def send_again(mail_id: int) -> Response:
    with doing("mail.send-again", str(mail_id)) as database:
        found = database.get(OutgoingMail, mail_id)
        if found is None or not found.text:
            flash(gettext("Its words are forgotten, so it cannot be sent again."), "warning")
            return redirect(url_for(".mail"), 303)
        found.state, found.due_at, found.tries = "queued", current_time(), 0
    nudge_postman()
    flash(gettext("It is sent again now."), "success")
    return redirect(url_for(".mail"), 303)
