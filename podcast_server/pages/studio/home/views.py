"""``/studio``: the shows one works on, and what is left to do on a fresh server."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, redirect, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from podcast_server.accounts.staff.roles import role_for, shows_of
from podcast_server.billing.models import Plan
from podcast_server.database import reading
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = studio_blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Left:
    """What a fresh installation has and lacks."""

    show: bool
    artwork: bool
    episode: bool
    plan: bool
    payments: bool
    mail: bool

    @property
    def nothing(self) -> bool:
        """Whether all is done."""
        return self.show and self.artwork and self.episode and self.plan and self.mail


@blueprint.get("/")
@blueprint.get("", strict_slashes=False)
@needs("staff")
def page() -> Response:
    services, person = the_services(), the_person()
    with reading(services.engine) as database:
        shows = shows_of(database, person)
        roles = {show.id: role_for(database, person, show.id) for show in shows}
        left = left_to_do(database, services) if person.is_owner else None
    if not shows and person.is_owner:
        return redirect("/studio/shows/new", 303)
    if len(shows) == 1 and (left is None or left.nothing) and roles[shows[0].id] != "analyst":
        return redirect(f"/studio/shows/{shows[0].slug}", 303)
    return make_response(
        render_template("studio/home/home.html", shows=shows, roles=roles, left=left)
    )


def left_to_do(database: Session, services: Services) -> Left:
    """The checklist, from what is there."""
    now = current_time()
    published = select(Episode.id).where(Episode.state == "ready", Episode.publish_at <= now)
    return Left(
        show=bool(database.scalar(select(func.count(Show.id)))),
        artwork=bool(
            database.scalar(select(func.count(Show.id)).where(Show.artwork_key.is_not(None)))
        ),
        episode=database.scalar(published.limit(1)) is not None,
        plan=database.scalar(select(Plan.id).limit(1)) is not None,
        payments=bool(services.settings.stripe.secret_key.get_secret_value()),
        mail=bool(services.settings.mail.host),
    )
