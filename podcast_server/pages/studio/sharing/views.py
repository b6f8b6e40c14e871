"""``…/sharing``: feeds in more hands than one, what to do about each, and the show's rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField

from feeds.grants import Cause
from feeds.models import PrivateFeed
from feeds.sharing.measure import Figures
from feeds.sharing.models import SharingCase
from feeds.sharing.policy import Policy, Step, Wishes, days_beyond
from feeds.sharing.watch import (
    Due,
    dismiss_case,
    figures_of,
    find_case,
    open_cases,
    set_wishes,
    wishes_of,
)
from podcast_server.accounts.models import Member
from podcast_server.accounts.sharing import keeper_of, sharing_policy, take_due
from podcast_server.database import reading
from podcast_server.i18n import format_day
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.by_mail import flash_mailed
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("sharing", __name__)


class WishesForm(FlaskForm):  # type: ignore[misc]
    """How far things go by themselves."""

    mails_member = BooleanField(_("After a week, ask the member kindly by mail"))
    resets = BooleanField(_("After another week, give the feed a new address"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One case with what is known about it."""

    case: SharingCase
    feed: PrivateFeed
    member: Member
    days: dict[date, Figures]
    beyond: int

    @property
    def rows(self) -> list[tuple[str, int, int, int]]:
        """The figures, the newest day first."""
        newest_first = sorted(self.days.items(), reverse=True)
        return [(format_day(day), f.apps, f.networks, f.copies) for day, f in newest_first]

    @property
    def copies(self) -> int:
        """Of one episode on one day, at most."""
        return max((figures.copies for figures in self.days.values()), default=0)


@blueprint.get("/shows/<slug>/sharing")
def page(slug: str) -> Response:
    now, policy = current_time(), sharing_policy(the_services().settings.feeds)
    with reading(the_services().engine) as database:
        shown = [
            _shown(database, each, policy, now) for each in open_cases(database, the_show().id)
        ]
        wishes = wishes_of(database, the_show().id)
    return make_response(
        render_template(
            "studio/sharing/sharing.html",
            show=the_show(),
            shown=shown,
            policy=policy,
            form=WishesForm(formdata=None, mails_member=wishes.mails_member, resets=wishes.resets),
            now=now,
        )
    )


def _shown(database: Session, case: SharingCase, policy: Policy, now: datetime) -> Shown:
    feed = database.get_one(PrivateFeed, case.feed_id)
    days = figures_of(database, feed.id, (now - policy.window).date())
    member = database.get_one(Member, feed.member_id)
    return Shown(case, feed, member, days, len(days_beyond(days, policy, now)))


@blueprint.post("/shows/<slug>/sharing/rule")
def rule(slug: str) -> Response:
    """Choose how far things go by themselves."""
    form = WishesForm()
    if form.validate_on_submit():
        wishes = Wishes(form.mails_member.data, form.resets.data)
        said = f"mail {'yes' if wishes.mails_member else 'no'}, "
        with doing("sharing.rule", said + f"reset {'yes' if wishes.resets else 'no'}") as database:
            set_wishes(database, the_show().id, wishes)
        flash(gettext("Saved."), "success")
    return _back(slug)


@blueprint.post("/shows/<slug>/sharing/<int:case_id>/ask")
def ask(slug: str, case_id: int) -> Response:
    """Write to the member now, kindly."""
    if _take("mail", case_id):
        flash_mailed(gettext("The mail is on its way."), kept=gettext("The mail is written."))
    return _back(slug)


@blueprint.post("/shows/<slug>/sharing/<int:case_id>/reset")
def reset(slug: str, case_id: int) -> Response:
    """Give the feed a new address, which the member gets by mail."""
    if _take("reset", case_id):
        flash_mailed(
            gettext("The old address is closed; the new one is on its way by mail."),
            kept=gettext("The old address is closed."),
        )
    return _back(slug)


@blueprint.post("/shows/<slug>/sharing/<int:case_id>/dismiss")
def dismiss(slug: str, case_id: int) -> Response:
    """All is well with this feed."""
    with doing("sharing.dismiss", str(case_id)) as database:
        dismiss_case(database, _case_here(database, case_id), current_time())
    flash(gettext("Nothing more is said about this feed for thirty days."), "success")
    return _back(slug)


def _take(step: Step, case_id: int) -> bool:
    services = the_services()
    keeper = keeper_of(services.current, services.tokens.newest)
    cause = Cause(the_person().email[:80], "fetched more widely than one member does")
    with doing(f"sharing.{step}", str(case_id)) as database:
        due = Due(step, _case_here(database, case_id).feed_id, case_id, ())
        taken = take_due(database, keeper, due, cause, current_time())
    nudge_postman()
    return taken


def _case_here(database: Session, case_id: int) -> SharingCase:
    return find_case(database, the_show().id, case_id) or abort(404)


def _back(slug: str) -> Response:
    return redirect(url_for(".page", slug=slug), 303)
