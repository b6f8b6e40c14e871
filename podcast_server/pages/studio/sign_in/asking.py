"""The mailed way into the studio."""

from __future__ import annotations

import secrets

from flask import request, session
from sqlalchemy.orm import Session

from podcast_server.accounts.sign_in import SIGN_IN_SECRET, Asking, WayIn, ask_to_sign_in
from podcast_server.accounts.staff.people import NoSuchStaffError, find_staff
from podcast_server.i18n import current_language
from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import sign_in_letter
from podcast_server.mail.staff_letters import not_staff_letter
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

_BROWSER, _EMAIL = "studio_asking", "studio_asking_email"


def mail_way_in(email: str, next_path: str) -> None:
    """Mail a link and a code, and remember in this browser that it asked.

    Raises BadEmailError and TooManyRequests, both without telling whether anybody is known.
    """
    services, now = the_services(), current_time()
    browser = secrets.token_urlsafe(24)
    asking = Asking(
        email=email,
        browser=browser,
        address=request.remote_addr or "",
        language=current_language(),
        next_path=next_path,
        purpose="staff",
    )
    with services.sessions.begin() as database:
        secret = services.tokens.derive(SIGN_IN_SECRET)
        way = ask_to_sign_in(database, asking, secret=secret, now=now)
        letter = _letter(services, database, way)
        post_letter(database, services, letter, way.request.email, now, way.request.expires_at)
    session[_BROWSER], session[_EMAIL] = browser, way.request.email
    nudge_postman()


def asking_browser() -> str:
    """What this browser was given when it asked, or ""."""
    return str(session.get(_BROWSER, ""))


def asking_email() -> str:
    """The address this browser typed, or ""."""
    return str(session.get(_EMAIL, ""))


def _letter(services: Services, database: Session, way: WayIn) -> Letter:
    site, language = services.site.name, way.request.language
    try:
        find_staff(database, way.request.email)
    except NoSuchStaffError:
        return not_staff_letter(language, site, services.addresses.public_url + "/me")
    address = f"{services.addresses.public_url}/studio/sign-in/{way.token}"
    return sign_in_letter(language, site, address, way.code)
