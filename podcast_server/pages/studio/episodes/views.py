"""``/studio/shows/<slug>``: the episodes, uploads, and changes to many at once."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from episodes.converting import converted_share
from episodes.models import Episode
from episodes.publishing import status_of
from episodes.uploads import open_uploads, titles_of
from podcast_server.database import reading
from podcast_server.pages.studio.direct_uploads import allow_direct_uploads
from podcast_server.pages.studio.episodes.acts import ACTS, try_act
from podcast_server.pages.studio.episodes.listing import PAGE, Row, Wanted, list_page, scheduled
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.health.views import findings_of, summary
from podcast_server.pages.studio.home.left import left_to_do
from podcast_server.pages.studio.reasons import in_their_words
from podcast_server.pages.studio.undo import offer_undo
from podcast_server.pages.wiring import current_time, page_asked_for, the_services

blueprint = studio_blueprint("episodes", __name__)
STATUSES = ("draft", "scheduled", "published", "withdrawn", "deleted")
AUDIENCES = ("free", "members", "tiers", "sale")
FILTERS = ("q", "status", "audience", "page")


@blueprint.get("/shows/<slug>")
def page(slug: str) -> Response:
    wanted = _wanted()
    now, show = current_time(), the_show()
    with reading(the_services().engine) as database:
        rows, total = list_page(database, show.id, wanted, now)
        uploads = open_uploads(database, show.id)
        titles = titles_of(database, uploads)
        coming = scheduled(database, show.id, now)
        left = left_to_do(database, the_services(), now) if the_person().is_owner else None
    allow_direct_uploads()
    return make_response(
        render_template(
            "studio/episodes/episodes.html",
            show=show,
            rows=rows,
            total=total,
            uploads=uploads,
            titles=titles,
            in_their_words=in_their_words,
            converted_share=converted_share,
            coming=coming,
            left=left,
            health=findings_of(show),
            in_short=summary,
            wanted=wanted,
            asked=_asked(),
            last_page=-(-total // PAGE),
            now=now,
        )
    )


def _wanted() -> Wanted:
    status, audience = request.args.get("status", ""), request.args.get("audience", "")
    return Wanted(
        words=request.args.get("q", "").strip()[:200],
        status=status if status in STATUSES else "",
        audience=audience if audience in AUDIENCES else "",
        page=page_asked_for(),
    )


@blueprint.post("/shows/<slug>/episodes")
def change_many(slug: str) -> Response:
    """Do one thing to every chosen episode; each that cannot be changed is named."""
    act, keys = request.form.get("act", ""), request.form.getlist("key")[:1000]
    if act not in ACTS or not keys:
        flash(gettext("Choose episodes first, and what to do with them."), "warning")
        return _back(slug)
    if act == "delete" and "sure" not in request.form:
        return _ask_whether_to_delete(slug, keys)
    done = [key for key in keys if try_act(act, key)]
    if done:
        _tell(slug, act, done)
    return _back(slug)


def _tell(slug: str, act: str, done: list[str]) -> None:
    count = len(done)
    if act == "delete":
        offer_undo(url_for(".change_many", slug=slug, **_asked()), "restore", done)
        said = ngettext("%(num)d episode is deleted.", "%(num)d episodes are deleted.", count)
    elif act == "restore":
        said = ngettext("%(num)d episode is back.", "%(num)d episodes are back.", count)
    else:
        said = ngettext("%(num)d episode changed.", "%(num)d episodes changed.", count)
    flash(said, "success")


def _ask_whether_to_delete(slug: str, keys: list[str]) -> Response:
    """Which ones, and what becomes of them; nothing is done yet."""
    show, now = the_show(), current_time()
    with reading(the_services().engine) as database:
        query = select(Episode).where(Episode.show_id == show.id, Episode.key.in_(keys))
        chosen = [
            Row(each, status_of(each, now))
            for each in database.scalars(query.order_by(Episode.publish_at.desc(), Episode.id))
            if each.state != "deleted"
        ]
    if not chosen:
        return _back(slug)
    return make_response(
        render_template("studio/episodes/delete.html", show=show, chosen=chosen, asked=_asked())
    )


def _back(slug: str) -> Response:
    return redirect(url_for(".page", slug=slug, **_asked()), 303)


def _asked() -> dict[str, Any]:
    """The search, filter and page in the address, to come back to."""
    return {name: text for name in FILTERS if (text := request.args.get(name, ""))}
