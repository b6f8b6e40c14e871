"""``/report/<token>``: the last line of a private feed's description leads here.

The token opens nothing and tells nothing of the member; all it can do is have the feed closed,
once, after a question that no link previewer answers.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from feeds.downloads.privacy import hash_address
from feeds.models import PrivateFeed
from feeds.reporting import WINDOW, TooManyReports, find_reported, report_feed
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.mail.letters import reported_letter
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("report", __name__)


@blueprint.get("/report/<token>")
def page(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, show = _find(services, database, token)
    here = signed_in()
    if here is not None and here.member.id == feed.member_id and feed.state == "open":
        return redirect(url_for("podcasts.ask_reset", feed_id=feed.id), 303)
    what = "ask" if feed.state == "open" else "closed"
    return make_response(
        render_template("member/report/report.html", show=show, what=what, token=token)
    )


@blueprint.post("/report/<token>")
def close(token: str) -> Response:
    services = the_services()
    try:
        with services.sessions.begin() as database:
            feed, show = _find(services, database, token)
            _close(services, database, feed, show)
    except TooManyReports:
        answer = make_response(render_template("member/report/too_many.html"), 429)
        answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return answer
    nudge_postman()
    return make_response(
        render_template("member/report/report.html", show=show, what="done", token=token)
    )


def _find(services: Services, database: Session, token: str) -> tuple[PrivateFeed, Show]:
    feed = find_reported(database, services.tokens, token)
    if feed is None:
        abort(404)
    return feed, database.get_one(Show, feed.show_id)


def _close(services: Services, database: Session, feed: PrivateFeed, show: Show) -> None:
    now = current_time()
    secret = services.tokens.derive(b"podcast-server.addresses")
    fresh = report_feed(
        database,
        feed,
        reporter=hash_address(request.remote_addr or "", now.date(), secret),
        signing_key=services.tokens.newest,
        notice=timedelta(days=services.settings.feeds.replaced_notice_days),
        now=now,
    )
    member = database.get_one(Member, feed.member_id)
    if fresh is not None and not is_erased(member):
        link = services.addresses.public_url + url_for("add.page", feed_id=fresh.id)
        letter = reported_letter(member.locale, show.title, link)
        post_letter(database, services, letter, member.email, now)
