"""``/shows/<slug>``: what the show is, its episodes, and how to join."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from podcast_server.database import reading
from podcast_server.pages.public import linked_data
from podcast_server.pages.public.answers import shared_answer
from podcast_server.pages.public.catalogue import page_of_episodes, show_by_slug
from podcast_server.pages.public.offers import offers_of
from podcast_server.pages.public.persons import persons_of
from podcast_server.pages.wiring import current_time, page_asked_for, the_services

blueprint = Blueprint("show", __name__)


@blueprint.get("/shows/<slug>")
def show(slug: str) -> Response:
    services = the_services()
    now = current_time()
    number = page_asked_for()
    with reading(services.engine) as session:
        row = show_by_slug(session, slug)
        if row is None:
            abort(404)
        page = page_of_episodes(session, row, now, number)
        offers = offers_of(session, row.id, now)
    if number > 1 and not page.cards:
        abort(404)
    return shared_answer(
        render_template(
            "public/show/show.html",
            show=row,
            page=page,
            offers=offers,
            persons=persons_of(row),
            facts=linked_data.series(row, services.addresses),
            brief=linked_data.brief(row.description),
        )
    )
