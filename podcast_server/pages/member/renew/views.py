"""``/m/<media token>/renew``: the notice in a feed leads here.

The token may have leaked with an episode's address, so it opens nothing: it only says which
show this is about and lets a sign-in link be sent to the member's own address.
"""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from feeds.access import parse_windows
from feeds.models import Access, PrivateFeed
from feeds.tokens import MEDIA
from podcast_server.accounts.members import BadEmailError
from podcast_server.accounts.missing import Missing, missing_of
from podcast_server.accounts.models import Member
from podcast_server.accounts.sign_in import TooManyRequests
from podcast_server.accounts.standing import state_at
from podcast_server.database import reading
from podcast_server.pages.member.sign_in.asking import send_way_in
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.public.offers import offers_of
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("renew", __name__)


@blueprint.get("/m/<token>/renew")
def page(token: str) -> Response:
    services = the_services()
    here = signed_in()
    with reading(services.engine) as database:
        feed, show = _find(services, database, token)
        what = _what_happened(database, feed)
        missed = _missed(database, feed) if what == "lapsed" else Missing()
        offers = offers_of(database, show.id, current_time())
    if here is not None and here.member.id == feed.member_id:
        return redirect("/me/billing" if what == "card_failing" else "/me", 303)
    return make_response(
        render_template(
            "member/renew/renew.html",
            show=show,
            what=what,
            token=token,
            offers=offers,
            missed=missed,
        )
    )


@blueprint.post("/m/<token>/renew")
def send(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        feed, _show = _find(services, database, token)
        member = database.get_one(Member, feed.member_id)
        failing = _what_happened(database, feed) == "card_failing"
    try:
        next_path = "/me/billing" if failing else "/me"
        send_way_in(services, member.email, next_path=next_path, shown=False)
    except (BadEmailError, TooManyRequests):
        # Same answer: whoever holds the token learns nothing of the member.
        return redirect(url_for("sign_in.ask"), 303)
    return redirect(url_for("sign_in.check"), 303)


def _find(services: Services, database: Session, token: str) -> tuple[PrivateFeed, Show]:
    key = services.tokens.read(MEDIA, token)
    feed = None
    if key is not None:
        feed = database.scalars(select(PrivateFeed).where(PrivateFeed.key == key)).first()
    if feed is None or feed.state == "revoked":
        abort(404)
    return feed, database.get_one(Show, feed.show_id)


def _missed(database: Session, feed: PrivateFeed) -> Missing:
    access = database.get(Access, (feed.member_id, feed.show_id))
    windows = parse_windows(access.windows) if access else ()
    return missing_of(database, feed.show_id, windows, current_time())


def _what_happened(database: Session, feed: PrivateFeed) -> str:
    """Either "replaced", or how the membership stands."""
    if feed.state == "replaced":
        return "replaced"
    access = database.get(Access, (feed.member_id, feed.show_id))
    return state_at(parse_windows(access.windows) if access else (), current_time())
