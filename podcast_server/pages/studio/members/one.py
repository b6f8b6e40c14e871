"""``…/members/<id>``: one member, and what can be done for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from feeds.access import parse_windows
from feeds.doctor import examine_feed
from feeds.downloads.reports import plays_of_member
from feeds.grants import Cause, end_grant, grants_of, ledger_of
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import ensure_feed, feeds_of, replace_feed
from podcast_server.accounts.erase import erase_member
from podcast_server.accounts.export import export_member
from podcast_server.accounts.models import Member
from podcast_server.accounts.roster import is_of_show
from podcast_server.accounts.standing import state_at, until_at
from podcast_server.billing.changes import cancel_subscription
from podcast_server.billing.comps import change_comp, comps_of
from podcast_server.billing.discounts import coupons_to_give
from podcast_server.billing.errors import BillingError
from podcast_server.billing.leaving import (
    export_payer,
    forget_payer,
    running_subscriptions,
)
from podcast_server.billing.models import Payment, Subscription
from podcast_server.billing.paid_for import paid_for
from podcast_server.database import reading
from podcast_server.moving.members.forget import forget_imported
from podcast_server.moving.members.imports import export_imported
from podcast_server.pages.feed_words import in_words
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.by_mail import flash_mailed
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.members.forms import GiveForm, NoteForm
from podcast_server.pages.studio.members.giving import (
    give_by_hand,
    send_add_link,
    what_to_give,
)
from podcast_server.pages.studio.members.ledger_words import actor_words, reason_words
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("member", __name__)


@blueprint.get("/shows/<slug>/members/<int:member_id>")
def page(slug: str, member_id: int) -> Response:
    return _shown(member_id, None)


def _shown(member_id: int, form: GiveForm | None) -> Response:
    """The page, with what was typed to give where something is wrong with it."""
    now, show_id = current_time(), the_show().id
    with reading(the_services().engine) as database:
        member = member_here(database, member_id)
        paying = paying_for(database, member_id, show_id)
        access = database.get(Access, (member_id, show_id))
        feeds = feeds_of(database, member_id, show_id)
        windows = parse_windows(access.windows if access else "[]")
        facts = {
            "member": member,
            "show": database.get_one(Show, show_id),
            "state": state_at(windows, now),
            "until": until_at(windows, now),
            "last_day": last_day,
            "actor_words": actor_words,
            "reason_words": reason_words,
            "grants": grants_of(database, member_id, show_id),
            "ledger": [each for each in ledger_of(database, member_id) if each.show_id == show_id],
            "feeds": [(each, in_words(examine_feed(database, each, now), now)) for each in feeds],
            "heard": heard_by(database, member_id, show_id),
            "payments": payments_of(database, member_id, show_id),
            "can_refund": can_refund,
            "paying": paying,
            "coupons": {
                each.key: coupons_to_give(database, each, now)
                for each in paying
                if each.realm != "manual"
            },
            "form": form or GiveForm(formdata=None).offer(*what_to_give(database)),
            "about": NoteForm(formdata=None, data={"name": member.name, "note": member.note}),
        }
    return make_response(render_template("studio/members/member.html", now=now, **facts))


def last_day(ends_at: datetime, zone: str) -> date:
    """The last day of what ends: midnight is the end of the day before."""
    return (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def member_here(database: Session, member_id: int) -> Member:
    """A member who has to do with the show in the address; 404 for all others."""
    member = database.get(Member, member_id)
    if member is None or not is_of_show(database, member_id, the_show().id):
        abort(404)
    return member


def heard_by(database: Session, member_id: int, show_id: int) -> list[tuple[date, str]]:
    """What somebody heard last: UTC day and title."""
    plays = plays_of_member(database, member_id, show_id, limit=20)
    keys = {play.episode_key for play in plays}
    rows = database.execute(select(Episode.key, Episode.title).where(Episode.key.in_(keys)))
    titles = {row[0]: row[1] for row in rows}
    return [(play.day, titles.get(play.episode_key, "")) for play in plays]


def payments_of(database: Session, member_id: int, show_id: int) -> list[Payment]:
    """What somebody paid for this show, newest first; other shows' money is not our business."""
    query = select(Payment).where(Payment.member_id == member_id, paid_for(show_id))
    return list(database.scalars(query.order_by(Payment.id.desc()).limit(50)))


def can_refund(payment: Payment) -> bool:
    """Whether anything of it can be given back; what the bank took back is gone already."""
    return payment.status == "paid" and payment.refunded < payment.amount and not payment.disputed


def paying_for(database: Session, member_id: int, show_id: int) -> list[Subscription]:
    """What runs and opens this show."""
    return [
        each
        for each in running_subscriptions(database, member_id)
        if each.plan is not None and any(opened.show_id == show_id for opened in each.plan.opens)
    ]


def _back(slug: str, member_id: int) -> Response:
    return redirect(url_for(".page", slug=slug, member_id=member_id), 303)


def _cause(reason: str) -> Cause:
    return Cause(the_person().email[:80], reason[:255])


@blueprint.post("/shows/<slug>/members/<int:member_id>/give")
def give(slug: str, member_id: int) -> Response:
    """Give a membership by hand, or change the one that was given."""
    with reading(the_services().engine) as database:
        member_here(database, member_id)
        form = GiveForm().offer(*what_to_give(database))
    if not form.validate_on_submit():
        return _shown(member_id, form)
    try:
        with doing("member.give", str(member_id)) as database:
            give_by_hand(database, member_id, form)
    except BillingError as error:
        form.until.errors = [refusal(error)]
        return _shown(member_id, form)
    flash(gettext("Given. Their feed follows the next time an app looks."), "success")
    return _back(slug, member_id)


def _stop_paying(running: Iterable[Subscription]) -> bool:
    """End payments, before anything else is taken away; False, with the reason said, where the
    provider does not answer."""
    try:
        for each in running:
            by, now = the_person().email, current_time()
            cancel_subscription(the_services().till, each, at_once=True, by=by, now=now)
    except BillingError as error:
        flash(gettext("The payments could not be ended, so nothing was changed:"), "danger")
        flash(refusal(error), "danger")
        return False
    return True


@blueprint.post("/shows/<slug>/members/<int:member_id>/end")
def end(slug: str, member_id: int) -> Response:
    """End every membership of the show now, and the payments for it."""
    now = current_time()
    with reading(the_services().engine) as database:
        member_here(database, member_id)
        running = paying_for(database, member_id, the_show().id)
    if not _stop_paying(running):
        return _back(slug, member_id)
    with doing("member.end", str(member_id)) as database:
        cause = _cause(request.form.get("reason", "").strip() or gettext("ended in the studio"))
        _end_comps(database, member_id, cause)
        for grant in grants_of(database, member_id, the_show().id):
            end_grant(database, grant, at=now, cause=cause, now=now)
    flash(gettext("The membership has ended. The free episodes stay in their feed."), "success")
    return _back(slug, member_id)


def _end_comps(database: Session, member_id: int, cause: Cause) -> None:
    """End plans that were given, with all they open, where the person may work on all of it."""
    terms, now = the_services().till.terms, current_time()
    _show, plans, _today = what_to_give(database)
    mine = {plan.id for plan in plans}
    for comp in comps_of(database, member_id):
        if comp.plan_id in mine and (comp.ends_at is None or comp.ends_at > now):
            by, reason = cause.actor, cause.reason
            change_comp(database, terms, comp, ends_at=now, reason=reason, by=by, now=now)


@blueprint.post("/shows/<slug>/members/<int:member_id>/feeds/<int:feed_id>/reset")
def reset(slug: str, member_id: int, feed_id: int) -> Response:
    """Give a feed a new address, and mail it."""
    services, now = the_services(), current_time()
    days = services.settings.feeds.replaced_notice_days
    with doing("member.reset-feed", str(feed_id)) as database:
        member = member_here(database, member_id)
        feed = database.get(PrivateFeed, feed_id)
        if feed is None or (feed.member_id, feed.show_id) != (member_id, the_show().id):
            abort(404)
        if feed.state == "open":
            fresh = replace_feed(
                database,
                feed,
                signing_key=services.tokens.newest,
                notice=timedelta(days=days),
                cause=_cause("reset in the studio"),
                now=now,
            )
            send_add_link(database, member, fresh)
    nudge_postman()
    flash_mailed(
        gettext("The old address is closed; the new one is on its way by mail."),
        kept=gettext("The old address is closed."),
    )
    return _back(slug, member_id)


@blueprint.post("/shows/<slug>/members/<int:member_id>/send-link")
def send_link(slug: str, member_id: int) -> Response:
    """Mail the buttons again."""
    services, now = the_services(), current_time()
    with doing("member.send-link", str(member_id)) as database:
        member = member_here(database, member_id)
        feed = ensure_feed(
            database,
            member_id=member_id,
            show_id=the_show().id,
            signing_key=services.tokens.newest,
            now=now,
        )
        send_add_link(database, member, feed)
    nudge_postman()
    flash_mailed(
        gettext("The mail is on its way. Its link works for one day."),
        kept=gettext("The mail is written. Its link works for one day."),
    )
    return _back(slug, member_id)


@blueprint.post("/shows/<slug>/members/<int:member_id>/about")
def about(slug: str, member_id: int) -> Response:
    """Keep a name and a note."""
    form = NoteForm()
    if form.validate_on_submit():
        with doing("member.note", str(member_id)) as database:
            member = member_here(database, member_id)
            member.name, member.note = (form.name.data or "").strip(), form.note.data or ""
        flash(gettext("Saved."), "success")
    return _back(slug, member_id)


@blueprint.get("/shows/<slug>/members/<int:member_id>/data.json")
def archive(slug: str, member_id: int) -> Response:
    """Everything we know of somebody, to be handed to them. Of all shows, so for owners."""
    if not the_person().is_owner:
        abort(403)
    with doing("member.export", str(member_id)) as database:
        member = member_here(database, member_id)
        facts = export_member(database, member, current_time())
        facts["payments"] = export_payer(database, member_id)
        facts["brought_over"] = export_imported(database, member_id)
    response = make_response(json.dumps(facts, indent=2, ensure_ascii=False))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="member-{member_id}.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/shows/<slug>/members/<int:member_id>/erase")
def erase(slug: str, member_id: int) -> Response:
    """Forget somebody for good, payments ended first. For owners, who must type the address."""
    if not the_person().is_owner:
        abort(403)
    now = current_time()
    with reading(the_services().engine) as database:
        email = member_here(database, member_id).email
        running = running_subscriptions(database, member_id)
    if request.form.get("email", "").strip().lower() != email:
        flash(gettext("Type the address exactly, to be sure."), "warning")
        return _back(slug, member_id)
    if not _stop_paying(running):
        return _back(slug, member_id)
    with doing("member.erase", str(member_id)) as database:
        forget_payer(database, member_id, now)
        forget_imported(database, member_id, email)
        cause = _cause("erased on request")
        erase_member(database, database.get_one(Member, member_id), cause=cause, now=now)
    flash(
        gettext("They are forgotten. Amounts and dates of payments stay, without a name."),
        "success",
    )
    return redirect(url_for("studio_members.page", slug=slug), 303)
