"""``…/members/nudge``: a mail with the buttons to everybody who pays and has no app yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import make_response, redirect, render_template, url_for
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from feeds.private_feeds import ensure_feed
from podcast_server.accounts.models import Member
from podcast_server.accounts.roster import Wanted, all_rows
from podcast_server.database import reading
from podcast_server.mail.letters import nudge_letter
from podcast_server.mail.models import OutgoingMail
from podcast_server.pages.member.own_feed import hand_over_address
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.studio.by_mail import flash_mailed
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("nudge", __name__)
AT_MOST_EVERY = timedelta(days=30)
LINK_LIFE = timedelta(days=7)
NEW = timedelta(days=1)  # whoever came just now has the first mail still before them


@blueprint.get("/shows/<slug>/members/nudge")
def page(slug: str) -> Response:
    now = current_time()
    with reading(the_services().engine) as database:
        count = len(silent_members(database, the_show().id, now))
    return make_response(render_template("studio/members/nudge.html", show=the_show(), count=count))


@blueprint.post("/shows/<slug>/members/nudge")
def send(slug: str) -> Response:
    services, now = the_services(), current_time()
    with reading(services.engine) as database:
        waiting = silent_members(database, the_show().id, now)
    for member_id in waiting:
        with services.sessions.begin() as database:
            _write_to(database, member_id, now)
    with doing("member.nudge", str(len(waiting))):
        nudge_postman()
    flash_mailed(
        ngettext("%(num)d mail is on its way.", "%(num)d mails are on their way.", len(waiting)),
        kept=ngettext("%(num)d mail is written.", "%(num)d mails are written.", len(waiting)),
    )
    return redirect(url_for("studio_members.page", slug=slug), 303)


def silent_members(database: Session, show_id: int, now: datetime) -> list[int]:
    """Members whose feed no app ever fetched, and to whom nobody wrote of it lately."""
    lately = set(
        database.scalars(
            select(OutgoingMail.recipient).where(
                OutgoingMail.kind == "nudge", OutgoingMail.created_at > now - AT_MOST_EVERY
            )
        )
    )
    return [
        row.id
        for row in all_rows(database, show_id, now, Wanted(state="member", fetched="never"))
        if row.since < now - NEW and row.email not in lately
    ]


def _write_to(database: Session, member_id: int, now: datetime) -> None:
    services, show = the_services(), the_show()
    member = database.get_one(Member, member_id)
    feed = ensure_feed(
        database,
        member_id=member_id,
        show_id=show.id,
        signing_key=services.tokens.newest,
        now=now,
    )
    link = hand_over_address(services, feed, now, LINK_LIFE)
    letter = nudge_letter(member.locale, show.title, link)
    post_letter(database, services, letter, member.email, now, now + LINK_LIFE)
