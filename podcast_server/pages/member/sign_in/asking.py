"""From a typed address to a mail with a link; the same steps whether anybody has it or not."""

from __future__ import annotations

import secrets

from flask import request, session
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.accounts.members import normalise_email
from podcast_server.accounts.models import Member
from podcast_server.accounts.sign_in import SIGN_IN_SECRET, Asking, WayIn, ask_to_sign_in
from podcast_server.i18n import current_language
from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import join_letter, sign_in_letter, unknown_letter
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.wiring import current_time
from podcast_server.services import Services

_BROWSER, _EMAIL = "asking", "asking_email"


def send_way_in(
    services: Services,
    email: str,
    *,
    next_path: str = "",
    show: Show | None = None,
    offer_id: str = "",
    shown: bool = True,
) -> None:
    """Mail the way in and remember in this browser that it asked.

    With ``shown`` False the browser does not learn the address, which it did not type.

    Raises BadEmailError and TooManyRequests, both without telling whether anybody is known.
    """
    browser = secrets.token_urlsafe(24)
    asking = Asking(
        email=email,
        browser=browser,
        address=request.remote_addr or "",
        language=current_language(),
        next_path=next_path,
        show_id=show.id if show else None,
        offer_id=offer_id,
    )
    now = current_time()
    with services.sessions.begin() as database:
        secret = services.tokens.derive(SIGN_IN_SECRET)
        way = ask_to_sign_in(database, asking, secret=secret, now=now)
        letter = _letter(services, database, way, show)
        post_letter(database, services, letter, way.request.email, now, way.request.expires_at)
    session[_BROWSER] = browser
    session[_EMAIL] = normalise_email(email) if shown else ""
    nudge_postman()


def this_browser() -> str:
    """What this browser was given when it asked, or ""."""
    return str(session.get(_BROWSER, ""))


def asked_email() -> str:
    """The address this browser typed, or ""."""
    return str(session.get(_EMAIL, ""))


def _letter(services: Services, database: Session, way: WayIn, show: Show | None) -> Letter:
    asked = way.request
    address = f"{services.addresses.public_url}/sign-in/{way.token}"
    site = services.site.name
    if show is not None:
        return join_letter(asked.language, show.title, address, way.code)
    known = database.scalar(select(Member.id).where(Member.email == asked.email))
    if known is None:
        return unknown_letter(asked.language, site, services.addresses.public_url + "/")
    return sign_in_letter(asked.language, site, address, way.code)
