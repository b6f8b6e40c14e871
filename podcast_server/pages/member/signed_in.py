"""Who is looking at this page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from podcast_server.accounts.models import Member, SignIn
from podcast_server.accounts.sessions import find_session
from podcast_server.database import reading
from podcast_server.pages.wiring import current_time
from podcast_server.services import Services

P = ParamSpec("P")
_KEY = "signed_in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The member and the session they use."""

    member: Member
    sign_in: SignIn


def signed_in() -> SignedIn | None:
    """Who is signed in, asked of the database once for each request."""
    if "signed_in" not in g:
        g.signed_in = find_signed_in()
    found: SignedIn | None = g.signed_in
    return found


def find_signed_in() -> SignedIn | None:
    """The same, asked anew."""
    token = session.get(_KEY)
    if not isinstance(token, str):
        return None
    services: Services = current_app.config["SERVICES"]
    with reading(services.engine) as database:
        found = find_session(database, token, current_time())
    return None if found is None else SignedIn(*found)


def the_member() -> Member:
    """The member, in views behind ``member_required``."""
    found = signed_in()
    assert found is not None
    return found.member


def member_required(view: Callable[P, Response]) -> Callable[P, Response]:
    """Sends strangers to the sign-in page, and back here afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if signed_in() is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else "/me"
            return redirect(url_for("sign_in.ask", next=back), 303)
        return view(*args, **kwargs)

    return guarded


def remember_sign_in(token: str) -> None:
    """Keep a fresh session in a fresh cookie (no fixation); only a studio session stays."""
    in_studio = session.get("studio")
    session.clear()
    if in_studio is not None:
        session["studio"] = in_studio
    session[_KEY] = token
    session.permanent = True


def forget_sign_in() -> str | None:
    """Empty the cookie; gives the token that was in it."""
    token, in_studio = session.get(_KEY), session.get("studio")
    session.clear()
    if in_studio is not None:
        session["studio"] = in_studio
    return token if isinstance(token, str) else None
