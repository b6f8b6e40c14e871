"""``/studio/shows/<slug>``: the episodes, uploads, and changes to many at once."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.episodes import update_episode
from episodes.errors import EpisodeError
from episodes.history import keeping
from episodes.models import Episode
from episodes.publishing import unpublish_episode
from episodes.uploads import open_uploads
from podcast_server.database import reading
from podcast_server.pages.studio.direct_uploads import allow_direct_uploads
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.selling import refuse_for_nobody
from podcast_server.pages.studio.episode.timing import publish_now
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.episodes.listing import PAGE, Wanted, list_page, scheduled
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.health.views import findings_of, summary
from podcast_server.pages.studio.home.left import left_to_do
from podcast_server.pages.studio.reasons import in_their_words, reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episodes", __name__)
STATUSES = ("draft", "scheduled", "published", "withdrawn", "deleted")
AUDIENCES = ("free", "members", "tiers", "sale")


@blueprint.get("/shows/<slug>")
def page(slug: str) -> Response:
    wanted = _wanted()
    now, show = current_time(), the_show()
    with reading(the_services().engine) as database:
        rows, total = list_page(database, show.id, wanted, now)
        uploads = open_uploads(database, show.id)
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
            in_their_words=in_their_words,
            coming=coming,
            left=left,
            health=findings_of(show),
            in_short=summary,
            wanted=wanted,
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
        page=max(1, request.args.get("page", 1, type=int)),
    )


@blueprint.post("/shows/<slug>/episodes")
def change_many(slug: str) -> Response:
    """Do one thing to every chosen episode; each that cannot be changed is named."""
    act = ACTS.get(request.form.get("act", ""))
    keys = request.form.getlist("key")[:1000]
    if act is None or not keys:
        flash(gettext("Choose episodes first, and what to do with them."), "warning")
        return _back(slug)
    done = sum(_try(act, key) for key in keys)
    if done:
        flash(ngettext("%(num)d episode changed.", "%(num)d episodes changed.", done), "success")
    return _back(slug)


def _back(slug: str) -> Response:
    return redirect(url_for(".page", slug=slug), 303)


def _try(act: Callable[[Session, Episode], None], key: str) -> bool:
    try:
        with doing(f"episode.{act.__name__.strip('_')}", key) as database:
            episode = episode_here(database, key)
            with keeping(database, episode, by=the_person().email, now=current_time()):
                act(database, episode)
    except EpisodeError as error:
        flash(reason(error), "danger")
        return False
    return True


def _publish(database: Session, episode: Episode) -> None:
    publish_now(database, episode, current_time())
    refuse_for_nobody(database, episode, current_time())


def _withdraw(database: Session, episode: Episode) -> None:
    unpublish_episode(database, episode, state="withdrawn", now=current_time())


def _delete(database: Session, episode: Episode) -> None:
    unpublish_episode(database, episode, state="deleted", now=current_time())


def _free(database: Session, episode: Episode) -> None:
    update_episode(database, episode, {"audience": "free", "tier_ids": []}, current_time())


def _members(database: Session, episode: Episode) -> None:
    update_episode(database, episode, {"audience": "members", "tier_ids": []}, current_time())


ACTS: dict[str, Callable[[Session, Episode], None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "delete": _delete,
    "free": _free,
    "members": _members,
}
