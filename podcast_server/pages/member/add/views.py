"""``/me/feeds/<id>``: bring the feed into an app; ``/hand-over/<token>``: the same on a phone."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from feeds.models import PrivateFeed
from podcast_server.accounts.hand_over import HAND_OVER_SECRET, MAIL_LIFE, read_hand_over
from podcast_server.database import reading
from podcast_server.mail.letters import add_letter
from podcast_server.pages.member.own_feed import (
    hand_over_address,
    my_feed,
    on_page,
    qr_picture,
    word_of,
)
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("add", __name__)


@blueprint.get("/me/feeds/<int:feed_id>")
@member_required
def page(feed_id: int) -> Response:
    services = the_services()
    now = current_time()
    with reading(services.engine) as database:
        feed, show = my_feed(database, the_member().id, feed_id)
    shown = on_page(services, feed, show, url_for(".page", feed_id=feed_id))
    # Whoever holds the phone already needs no code to open it there.
    on_computer = shown.device in {"mac", "desktop"}
    qr = qr_picture(hand_over_address(services, feed, now)) if on_computer else None
    told = word_of(feed, now)
    return make_response(
        render_template("member/add/add.html", shown=shown, word=told, qr=qr, mine=True)
    )


@blueprint.get("/me/feeds/<int:feed_id>/word")
@member_required
def word(feed_id: int) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, _show = my_feed(database, the_member().id, feed_id)
    return _tell(feed)


@blueprint.post("/me/feeds/<int:feed_id>/mail")
@member_required
def mail(feed_id: int) -> Response:
    services = the_services()
    now, member = current_time(), the_member()
    with services.sessions.begin() as database:
        feed, show = my_feed(database, member.id, feed_id)
        link = hand_over_address(services, feed, now, MAIL_LIFE)
        letter = add_letter(member.locale, show.title, link)
        post_letter(database, services, letter, member.email, now, now + MAIL_LIFE)
    nudge_postman()
    flash(gettext("The mail is on its way. Open it where you listen."), "success")
    return redirect(url_for(".page", feed_id=feed_id), 303)


@blueprint.get("/hand-over/<token>")
def hand_over(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, show = _handed_over(services, database, token)
    shown = on_page(services, feed, show, url_for(".hand_over", token=token))
    told = word_of(feed, current_time())
    return make_response(
        render_template("member/add/add.html", shown=shown, word=told, qr=None, mine=False)
    )


@blueprint.get("/hand-over/<token>/word")
def hand_over_word(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, _show = _handed_over(services, database, token)
    return _tell(feed)


def _handed_over(services: Services, database: Session, token: str) -> tuple[PrivateFeed, Show]:
    secret = services.tokens.derive(HAND_OVER_SECRET)
    feed_id = read_hand_over(secret, token, current_time())
    feed = None if feed_id is None else database.get(PrivateFeed, feed_id)
    if feed is None or feed.state != "open":
        abort(404)
    return feed, database.get_one(Show, feed.show_id)


def _tell(feed: PrivateFeed) -> Response:
    word = word_of(feed, current_time())
    response = jsonify(works=word.works, text=word.text)
    response.headers["Cache-Control"] = "private, no-store"
    return response
