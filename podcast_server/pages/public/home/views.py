"""``/``: every show that has something to hear."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from podcast_server.database import reading
from podcast_server.pages.public.answers import shared_answer
from podcast_server.pages.public.catalogue import page_of_episodes, shows_with_episodes
from podcast_server.pages.wiring import current_time, the_services

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    services = the_services()
    now = current_time()
    with reading(services.engine) as session:
        shows = shows_with_episodes(session, now)
        latest = {show.id: page_of_episodes(session, show, now).cards[:3] for show in shows}
    return shared_answer(render_template("public/home/home.html", shows=shows, latest=latest))
