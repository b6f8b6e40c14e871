"""Who may open which page of the studio. Whatever a view does not allow is refused.

Every studio blueprint is made by ``studio_blueprint``. A view without a mark of its own is for
editors where its address names a show (``<slug>``), and for owners everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from flask import Blueprint, abort, current_app, g, redirect, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from episodes.models import Show
from podcast_server.accounts.staff.models import Staff, StaffSession
from podcast_server.accounts.staff.people import has_staff
from podcast_server.accounts.staff.roles import Role, may, role_for
from podcast_server.accounts.staff.sessions import SEEN_EVERY, find_staff_session, note_seen
from podcast_server.database import reading
from podcast_server.pages.studio.bodies import widen
from podcast_server.pages.studio.compressed import compress
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.ways_back import page_before

V = TypeVar("V", bound=Callable[..., object])
KEY = "studio"
_MARK = "studio_needs"
Need = Literal["nothing", "staff", "analyst", "editor", "owner"]


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works in the studio now, in which session."""

    person: Staff
    session: StaffSession


def needs(what: Need) -> Callable[[V], V]:
    """Mark a view: ``nothing`` (strangers too), ``staff`` (anybody signed in), or a role."""

    def mark(view: V) -> V:
        setattr(view, _MARK, what)
        return view

    return mark


def studio_blueprint(name: str, module: str) -> Blueprint:
    """A blueprint below ``/studio`` whose every view is guarded."""
    blueprint = Blueprint(f"studio_{name}", module, url_prefix="/studio")
    blueprint.url_value_preprocessor(widen)
    blueprint.before_request(_guard)
    blueprint.after_request(compress)
    return blueprint


def the_worker() -> Worker:
    """Who is at work, in guarded views."""
    found: Worker = g.worker
    return found


def the_person() -> Staff:
    """The person at work, in guarded views."""
    return the_worker().person


def the_show() -> Show:
    """The show the address names, in guarded views."""
    found: Show = g.show
    return found


def the_role() -> Role:
    """The person's role for the show the address names."""
    found: Role = g.role
    return found


def worker_or_none() -> Worker | None:
    """Who is signed in to the studio in this browser, asked once for each request."""
    if "worker" not in g:
        g.worker = _find_worker()
    found: Worker | None = g.worker
    return found


def _find_worker() -> Worker | None:
    token = session.get(KEY)
    if not isinstance(token, str):
        return None
    services, now = the_services(), current_time()
    with reading(services.engine) as database:
        found = find_staff_session(database, token, now)
    if found is None:
        return None
    person, running = found
    if now - running.seen_at > SEEN_EVERY:
        with services.sessions.begin() as database:
            note_seen(database, running.id, now)
    return Worker(person, running)


def _guard() -> Response | None:
    view = current_app.view_functions[request.endpoint or ""]
    need: Need | None = getattr(view, _MARK, None)
    if need == "nothing":
        return None
    worker = worker_or_none()
    if worker is None:
        return _to_the_door()
    slug = (request.view_args or {}).get("slug")
    if slug is not None:
        _enter_show(worker.person, slug, need or "editor")
    elif need != "staff" and not worker.person.is_owner:
        abort(403)
    return None


def _to_the_door() -> Response:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        abort(401)
    with reading(the_services().engine) as database:
        if not has_staff(database):
            return redirect(url_for("studio_set_up.page"), 303)
    back = (
        request.full_path.rstrip("?")
        if request.method == "GET"
        else page_before(request.referrer, request.headers.get("Host", ""), "/studio") or "/studio"
    )
    return redirect(url_for("studio_sign_in.page", next=back), 303)


def _enter_show(person: Staff, slug: str, need: Need) -> None:
    with reading(the_services().engine) as database:
        show = database.scalars(select(Show).where(Show.slug == slug)).first()
        role = role_for(database, person, show.id) if show is not None else None
    if show is None or role is None:
        abort(404)  # whose it is is nobody else's business
    if need != "staff" and need != "nothing" and not may(role, need):
        abort(403)
    g.show, g.role = show, role
