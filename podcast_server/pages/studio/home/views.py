"""``/studio``: the shows one works on, and what is left to do on a fresh server."""

from __future__ import annotations

from flask import make_response, redirect, render_template
from werkzeug.wrappers import Response

from podcast_server.accounts.staff.roles import role_for, shows_of
from podcast_server.database import reading
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.studio.home.left import left_to_do
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("home", __name__)


@blueprint.get("/")
@blueprint.get("", strict_slashes=False)
@needs("staff")
def page() -> Response:
    services, person = the_services(), the_person()
    with reading(services.engine) as database:
        shows = shows_of(database, person)
        roles = {show.id: role_for(database, person, show.id) for show in shows}
        left = left_to_do(database, services, current_time()) if person.is_owner else None
    if not shows and person.is_owner:
        return redirect("/studio/shows/new", 303)
    if len(shows) == 1 and (left is None or left.nothing) and roles[shows[0].id] != "analyst":
        return redirect(f"/studio/shows/{shows[0].slug}", 303)
    return make_response(
        render_template("studio/home/home.html", shows=shows, roles=roles, left=left)
    )
