"""``…/members/nudge``: a mail with the buttons to everybody who pays and has no app yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import make_response, redirect, render_template, url_for
from flask_babel import ngettext
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from feeds.private_feeds import ensure_feed
from podcast_server.accounts.members import is_erased
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
    written = 0
    for member_id in waiting:
        with services.sessions.begin() as database:
            written += _write_to(database, member_id, now)
    with doing("member.nudge", str(written)):
        nudge_postman()
    flash_mailed(
        ngettext("%(num)d mail is on its way.", "%(num)d mails are on their way.", written),
        kept=ngettext("%(num)d mail is written.", "%(num)d mails are written.", written),
    )
    return redirect(url_for("studio_members.page", slug=slug), 303)


def silent_members(database: Session, show_id: int, now: datetime) -> list[int]:
    """Members whose feed no app ever fetched, and to whom nobody wrote of it lately."""
    lately = set(database.scalars(_written_to_lately(now)))
    return [
        row.id
        for row in all_rows(database, show_id, now, Wanted(state="member", fetched="never"))
        if row.since < now - NEW and row.email not in lately
    ]


def _written_to_lately(now: datetime) -> Select[str]:
    return select(OutgoingMail.recipient).where(
        OutgoingMail.kind == "nudge", OutgoingMail.created_at > now - AT_MOST_EVERY
    )


def _write_to(database: Session, member_id: int, now: datetime) -> bool:
    """Whether a mail was written: not to who was erased meanwhile, nor again by a second click."""
    services, show = the_services(), the_show()
    member = database.get_one(Member, member_id, with_for_update=True)  # others wait for us here
    if is_erased(member):
        return False
    theirs = _written_to_lately(now).where(OutgoingMail.recipient == member.email)
    if database.scalars(theirs.limit(1)).first() is not None:
        return False
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
    return True
