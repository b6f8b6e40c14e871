"""``…/health``: what could be better in a show's feed, in the podcaster's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import make_response, render_template
from flask_babel import gettext, ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from feeds.health import Finding
from feeds.health.look import look_at_show
from feeds.health.rule import LEVELS
from podcast_server.billing.single_sales import sold_episodes
from podcast_server.database import reading
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("health", __name__)


@dataclass(frozen=True, slots=True)
class Said:
    """One finding in the reader's language."""

    level: str
    sentence: str


@blueprint.get("/shows/<slug>/health")
def page(slug: str) -> Response:
    show = the_show()
    found = findings_of(show)
    with reading(the_services().engine) as database:
        known = {
            row.guid: (row.title, row.key)
            for row in database.execute(
                select(Episode.guid, Episode.title, Episode.key).where(Episode.show_id == show.id)
            )
        }
    episodes = [
        (*known[guid], in_words(each for each in found if each.where == guid))
        for guid in dict.fromkeys(each.where for each in found)
        if guid in known
    ]
    return make_response(
        render_template(
            "studio/health/health.html",
            show=show,
            of_show=in_words(each for each in found if each.where == "show"),
            episodes=episodes,
        )
    )


def findings_of(show: Show) -> tuple[Finding, ...]:
    """What could be better in a show, worked out once for each of its revisions and every hour:
    what is scheduled comes out without a revision."""
    now, engine = current_time(), the_services().engine
    with reading(engine) as database:  # sales change without a revision
        sold = sold_episodes(database, show.id, now)
    hour = int(now.timestamp() // 3600)
    return _findings(engine.url.render_as_string(), show.id, show.revision, hour, sold)


@lru_cache(maxsize=64)
def _findings(
    _database: str, show_id: int, _revision: int, _hour: int, sold: frozenset[int]
) -> tuple[Finding, ...]:
    services = the_services()
    with reading(services.engine) as database:
        show = database.get_one(Show, show_id)
        return tuple(look_at_show(database, show, services.addresses, current_time(), sold))


def in_words(found: Iterable[Finding]) -> list[Said]:
    """Findings in the reader's language, what weighs most first."""
    said = [Said(each.level, gettext(each.text).format(title=each.title)) for each in found]
    return sorted(said, key=lambda each: LEVELS.index(each.level))


def summary(found: Iterable[Finding]) -> str:
    """How much there is, in a few words; empty where all is well."""
    counts = Counter(each.level for each in found)
    words = []
    if counts["error"]:
        words.append(ngettext("%(num)d error", "%(num)d errors", counts["error"]))
    if counts["warning"]:
        words.append(ngettext("%(num)d warning", "%(num)d warnings", counts["warning"]))
    return ", ".join(words)
