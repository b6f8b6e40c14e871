"""``/me/feeds/<id>/sharing``: what we count of a feed, the rule, and what it means for me."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from feeds.sharing.measure import Figures
from feeds.sharing.policy import days_beyond
from feeds.sharing.watch import figures_of, wishes_of
from podcast_server.accounts.sharing import sharing_policy
from podcast_server.database import reading
from podcast_server.i18n import format_day
from podcast_server.pages.member.own_feed import my_feed
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.wiring import current_time, the_services

blueprint = Blueprint("sharing", __name__)


@blueprint.get("/me/feeds/<int:feed_id>/sharing")
@member_required
def page(feed_id: int) -> Response:
    services, now = the_services(), current_time()
    policy = sharing_policy(services.settings.feeds)
    with reading(services.engine) as database:
        feed, show = my_feed(database, the_member().id, feed_id)
        days = figures_of(database, feed.id, (now - policy.window).date())
        wishes = wishes_of(database, show.id)
    beyond = days_beyond(days, policy, now)
    return make_response(
        render_template(
            "member/sharing/sharing.html",
            feed=feed,
            show=show,
            rows=_rows(days),
            beyond=beyond,
            policy=policy,
            wishes=wishes,
        )
    )


def _rows(days: Mapping[date, Figures]) -> list[tuple[str, int, int, int]]:
    """The newest day first."""
    newest_first = sorted(days.items(), reverse=True)
    return [(format_day(day), f.apps, f.networks, f.copies) for day, f in newest_first]
