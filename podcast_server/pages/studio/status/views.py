"""``/studio/status``: jobs, webhooks, mail and settings at a glance; the outbox."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from podcast_server.billing.inbox import find_event, list_events, replay_event
from podcast_server.database import reading
from podcast_server.jobs.asking import ask_to_run
from podcast_server.jobs.runner import job_states
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.outbox import outbox
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint
from podcast_server.pages.studio.status.facts import facts_of, health_of, losses_of
from podcast_server.pages.studio.status.job_words import job_words
from podcast_server.pages.studio.status.troubles import troubles_of
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("status", __name__)


@blueprint.get("/status")
def page() -> Response:
    services, now = the_services(), current_time()
    health = health_of(services, now)
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
            health=[*health, losses_of(services, now)],
            troubles=troubles_of(services, health, now),
            job_words=job_words,
            now=now,
        )
    )


@blueprint.post("/status/jobs/<name>")
def run_again(name: str) -> Response:
    """Have a job run in the worker's next round instead of when it is next due."""
    with doing("job.run", name) as database:
        if not ask_to_run(database, name, current_time()):
            abort(404)
    flash(gettext("It runs again within a minute."), "success")
    return redirect(url_for(".page"), 303)


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
