"""``…/plans/tiers``: make, rename and remove the levels of membership of a show."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.models import Show, Tier
from episodes.shows import ensure_tier, rename_tier
from podcast_server.billing.tiers import remove_tier
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.reasons import reason

blueprint = studio_blueprint("tiers", __name__)


@blueprint.post("/shows/<slug>/plans/tiers")
def make(slug: str) -> Response:
    name = request.form.get("name", "")
    try:
        with doing("tier.create", name[:80]) as database:
            ensure_tier(database, database.get_one(Show, the_show().id), name)
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(
            gettext("The tier is there. Plans can open it, and episodes be kept to it."), "success"
        )
    return _back(slug)


@blueprint.post("/shows/<slug>/plans/tiers/<int:tier_id>")
def rename(slug: str, tier_id: int) -> Response:
    """Another name; its plans, members and episodes stay as they are."""
    try:
        with doing("tier.rename", str(tier_id)) as database:
            rename_tier(database, _tier_here(database, tier_id), request.form.get("name", ""))
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("Saved."), "success")
    return _back(slug)


@blueprint.post("/shows/<slug>/plans/tiers/<int:tier_id>/remove")
def remove(slug: str, tier_id: int) -> Response:
    """Only where nothing refers to it."""
    try:
        with doing("tier.remove", str(tier_id)) as database:
            remove_tier(database, _tier_here(database, tier_id))
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The tier is gone."), "success")
    return _back(slug)


def _tier_here(database: Session, tier_id: int) -> Tier:
    """A tier of the show in the address; 404 for any other."""
    tier = database.get(Tier, tier_id)
    if tier is None or tier.show_id != the_show().id:
        abort(404)
    return tier


def _back(slug: str) -> Response:
    return redirect(url_for("studio_plans.page", slug=slug, _anchor="tiers"), 303)
