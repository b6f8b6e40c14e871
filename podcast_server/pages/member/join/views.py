"""``/shows/<slug>/join``: an address, a confirmation, and the show's free plan is open."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template, request
from werkzeug.wrappers import Response

from podcast_server.database import reading
from podcast_server.pages.member.sign_in.forms import EmailForm
from podcast_server.pages.member.sign_in.views import try_to_send
from podcast_server.pages.public.catalogue import show_by_slug
from podcast_server.pages.public.offers import offers_of
from podcast_server.pages.wiring import current_time, the_services

blueprint = Blueprint("join", __name__)


@blueprint.route("/shows/<slug>/join", methods=["GET", "POST"])
def join(slug: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        show = show_by_slug(database, slug)
        offers = offers_of(database, show.id, current_time()) if show else ()
    wanted = request.args.get("plan", "")
    offer = next((o for o in offers if o.is_free and wanted in {"", o.id}), None)
    if show is None or offer is None:
        abort(404)
    form = EmailForm()
    if form.validate_on_submit():
        answer = try_to_send(services, form, show=show, offer_id=offer.id)
        if answer is not None:
            return answer
    return make_response(
        render_template("member/join/join.html", form=form, show=show, offer=offer)
    )
