"""``/me``: every show of mine, how I stand with it, and my feeds."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from feeds.access import parse_windows
from feeds.doctor import examine_feed
from feeds.grants import Cause
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import open_feed, replace_feed, revoke_feed
from podcast_server.accounts.missing import Missing, missing_of
from podcast_server.accounts.standing import Standing, standings_of
from podcast_server.database import reading
from podcast_server.mail.letters import reset_letter
from podcast_server.pages.feed_words import Said, in_words
from podcast_server.pages.member.own_feed import my_feed
from podcast_server.pages.member.podcasts.forms import NameForm
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.public.offers import offers_of
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

MOST_FEEDS = 8  # for one member and show
_SAID_ABOVE = frozenset({"lapsed", "card_failing", "only_free"})


blueprint = Blueprint("podcasts", __name__)


@blueprint.get("/me")
@member_required
def mine() -> Response:
    services = the_services()
    now = current_time()
    with reading(services.engine) as database:
        standings = standings_of(database, the_member().id, now)
        on_sale = {s.show.id for s in standings if offers_of(database, s.show.id, now)}
        missed = {s.show.id: _missed(database, s, now) for s in standings if s.state == "lapsed"}
        told = {feed.id: _told(database, feed, now) for each in standings for feed in each.feeds}
    return make_response(
        render_template(
            "member/podcasts/podcasts.html",
            standings=standings,
            on_sale=on_sale,
            told=told,
            missed=missed,
            now=now,
            form=NameForm(),
            most=MOST_FEEDS,
        )
    )


def _missed(database: Session, standing: Standing, now: datetime) -> Missing:
    access = database.get(Access, (the_member().id, standing.show.id))
    windows = parse_windows(access.windows) if access else ()
    return missing_of(database, standing.show.id, windows, now)


@blueprint.post("/me/feeds")
@member_required
def another() -> Response:
    services = the_services()
    form = NameForm()
    show_id = request.form.get("show_id", 0, type=int)
    if not form.validate():
        flash(gettext("Give the feed a name of at most 80 characters."), "danger")
        return redirect(url_for(".mine"), 303)
    return redirect(_open_another(services, show_id, form.name.data.strip()), 303)


@blueprint.post("/me/feeds/<int:feed_id>/name")
@member_required
def rename(feed_id: int) -> Response:
    services = the_services()
    form = NameForm()
    with services.sessions.begin() as database:
        feed, _show = my_feed(database, the_member().id, feed_id)
        if form.validate():
            feed.name = form.name.data.strip()
            flash(gettext("The name was changed."), "success")
    return redirect(url_for(".mine"), 303)


@blueprint.get("/me/feeds/<int:feed_id>/reset")
@member_required
def ask_reset(feed_id: int) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, show = my_feed(database, the_member().id, feed_id)
    days = services.settings.feeds.replaced_notice_days
    return make_response(
        render_template("member/podcasts/reset.html", feed=feed, show=show, days=days)
    )


@blueprint.post("/me/feeds/<int:feed_id>/reset")
@member_required
def reset(feed_id: int) -> Response:
    services = the_services()
    fresh = _reset(services, feed_id)
    nudge_postman()
    flash(gettext("The old address is closed. Add the new one to your app."), "success")
    return redirect(url_for("add.page", feed_id=fresh.id), 303)


@blueprint.post("/me/feeds/<int:feed_id>/remove")
@member_required
def remove(feed_id: int) -> Response:
    services = the_services()
    now = current_time()
    with services.sessions.begin() as database:
        feed, _show = my_feed(database, the_member().id, feed_id)
        revoke_feed(database, feed, cause=_by_member(), now=now)
    flash(gettext("The feed was removed. It no longer plays anywhere."), "success")
    return redirect(url_for(".mine"), 303)


def _told(database: Session, feed: PrivateFeed, now: datetime) -> list[Said]:
    """What the feed doctor says, but for the membership, which the page says above."""
    findings = examine_feed(database, feed, now)
    return in_words([each for each in findings if each.code not in _SAID_ABOVE], now)


def _by_member() -> Cause:
    return Cause(f"member:{the_member().id}")


def _open_another(services: Services, show_id: int, name: str) -> str:
    """One more feed of a show the member knows already; the path of its add page."""
    now, member = current_time(), the_member()
    with services.sessions.begin() as database:
        known = {each.show.id: each for each in standings_of(database, member.id, now)}
        if show_id not in known:
            abort(404)
        if len(known[show_id].feeds) >= MOST_FEEDS:
            flash(gettext("There are enough feeds of this show. Remove one first."), "warning")
            return url_for("podcasts.mine")
        feed = open_feed(
            database,
            member_id=member.id,
            show_id=show_id,
            name=name,
            signing_key=services.tokens.newest,
            now=now,
        )
        return url_for("add.page", feed_id=feed.id)


def _reset(services: Services, feed_id: int) -> PrivateFeed:
    now, member = current_time(), the_member()
    with services.sessions.begin() as database:
        feed, show = my_feed(database, member.id, feed_id)
        fresh = replace_feed(
            database,
            feed,
            signing_key=services.tokens.newest,
            notice=timedelta(days=services.settings.feeds.replaced_notice_days),
            cause=_by_member(),
            now=now,
        )
        link = services.addresses.public_url + url_for("add.page", feed_id=fresh.id)
        post_letter(
            database, services, reset_letter(member.locale, show.title, link), member.email, now
        )
    return fresh
