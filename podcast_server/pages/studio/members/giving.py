"""Giving memberships by hand, and mailing the way to the feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import abort
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.grants import Cause, give_grant
from feeds.models import PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.roles import may, role_for
from podcast_server.billing.comps import give_comp
from podcast_server.billing.models import Plan
from podcast_server.billing.plans import list_plans
from podcast_server.mail.letters import add_letter
from podcast_server.pages.member.own_feed import hand_over_address
from podcast_server.pages.member.posting import post_letter
from podcast_server.pages.studio.guard import the_person, the_show
from podcast_server.pages.studio.members.forms import GiveForm
from podcast_server.pages.wiring import current_time, the_services

MAIL_LIFE = timedelta(days=1)


def plans_of_show(database: Session, show_id: int) -> list[Plan]:
    """The plans that open a show."""
    plans = list_plans(database)
    return [plan for plan in plans if any(opened.show_id == show_id for opened in plan.opens)]


def what_to_give(database: Session) -> tuple[Show, list[Plan], date]:
    """What a form offers: the show with its tiers, the plans that the person at work may give,
    and today on the show's clock."""
    show = database.get_one(Show, the_show().id)
    today = current_time().astimezone(ZoneInfo(show.time_zone)).date()
    return show, plans_to_give(database, plans_of_show(database, show.id)), today


def plans_to_give(database: Session, plans: Sequence[Plan]) -> list[Plan]:
    """Those that open nothing but shows on which the person at work may work."""
    return [
        plan
        for plan in plans
        if plan.state != "archived"
        and all(
            may(role_for(database, the_person(), opened.show_id), "editor") for opened in plan.opens
        )
    ]


def give_by_hand(database: Session, member_id: int, form: GiveForm) -> None:
    """Give what the form says, from now on, instead of what was given by hand before."""
    chosen = form.tier.data or "0"
    if chosen.startswith("plan:"):
        _give_plan(database, member_id, chosen.removeprefix("plan:"), form)
        return
    now, tier = current_time(), int(chosen)
    give_grant(
        database,
        member_id=member_id,
        show_id=the_show().id,
        scope="tier" if tier else "show",
        scope_id=tier,
        starts_at=now,
        ends_at=end_of(form.until.data),
        source="manual",
        cause=Cause(the_person().email[:80], form.reason.data),
        now=now,
    )


def _give_plan(database: Session, member_id: int, key: str, form: GiveForm) -> None:
    """A plan for nothing, with everything that it opens."""
    _show, plans, _today = what_to_give(database)
    plan = next((each for each in plans if each.key == key), None)
    if plan is None:
        abort(404)
    give_comp(
        database,
        the_services().till.terms,
        member_id,
        plan,
        ends_at=end_of(form.until.data),
        reason=form.reason.data,
        by=the_person().email,
        now=current_time(),
    )


def end_of(day: date | None) -> datetime | None:
    """The end of a day on the show's clock; None for never."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(the_show().time_zone))


def send_add_link(database: Session, member: Member, feed: PrivateFeed) -> None:
    """Mail the buttons that add a feed to an app."""
    services, now = the_services(), current_time()
    link = hand_over_address(services, feed, now, MAIL_LIFE)
    letter = add_letter(member.locale, the_show().title, link)
    post_letter(database, services, letter, member.email, now, now + MAIL_LIFE)
