"""From a good link or code to a signed-in browser."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, flash, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.private_feeds import ensure_feed
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member, SignInRequest
from podcast_server.accounts.sessions import start_session
from podcast_server.accounts.sign_in import use_request
from podcast_server.pages.member.device import device_name
from podcast_server.pages.member.signed_in import remember_sign_in
from podcast_server.pages.public.offers import AcceptOffer
from podcast_server.pages.wiring import current_time
from podcast_server.services import Services


def let_in(services: Services, request_id: int) -> str | None:
    """Use a request up and sign this browser in. The path to go to, None when it is too late."""
    now = current_time()
    with services.sessions.begin() as database:
        asked = database.get_one(SignInRequest, request_id)
        if not use_request(database, asked, now):
            return None
        member = _member(database, asked, now)
        if member is None:
            return None
        path = asked.next_path or "/me"
        if asked.show_id is not None:
            path = _join(services, database, member, asked, now)
        device = device_name(request.user_agent.string)
        token = start_session(database, member.id, device=device, now=now)
    remember_sign_in(token)
    if "after_sign_in" in g:  # the cookie is fresh, so whatever is to be said comes after it
        flash(g.after_sign_in, "warning")
    return path


def _member(database: Session, asked: SignInRequest, now: datetime) -> Member | None:
    """The member of the address; only somebody who joins is made anew."""
    if asked.show_id is not None:
        return ensure_member(database, asked.email, now=now, locale=asked.language)
    return database.scalars(select(Member).where(Member.email == asked.email)).first()


def _join(
    services: Services, database: Session, member: Member, asked: SignInRequest, now: datetime
) -> str:
    assert asked.show_id is not None
    accept: AcceptOffer | None = current_app.config.get("ACCEPT_OFFER")
    if accept is not None:
        accept(database, member.id, asked.show_id, asked.offer_id, now)
    feed = ensure_feed(
        database,
        member_id=member.id,
        show_id=asked.show_id,
        signing_key=services.tokens.newest,
        now=now,
    )
    return f"/me/feeds/{feed.id}?welcome=1"
