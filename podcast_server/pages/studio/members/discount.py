"""``…/members/<id>/discount``: a coupon for somebody who pays already, with the reason."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.billing.discounts import end_discount, give_discount
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Coupon, Subscription
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_show
from podcast_server.pages.studio.members.one import member_here, paying_for
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("discount", __name__)


@blueprint.post("/shows/<slug>/members/<int:member_id>/discount")
@needs("owner")
def give(slug: str, member_id: int) -> Response:
    till, reason = the_services().till, request.form.get("reason", "")
    with reading(the_services().engine) as database:
        running = _running(database, member_id)
        query = select(Coupon).where(Coupon.code == request.form.get("code", ""))
        coupon = database.scalars(query).first() or abort(404)
    try:
        give_discount(till, running, coupon, reason=reason, now=current_time())
    except BillingError as error:
        flash(refusal(error), "danger")
    else:
        with doing("member.discount", f"{member_id}: {coupon.code}, {reason.strip()}"):
            pass
        flash(gettext("Given. It shows in their next payment."), "success")
    return redirect(url_for("studio_member.page", slug=slug, member_id=member_id), 303)


@blueprint.post("/shows/<slug>/members/<int:member_id>/discount/end")
@needs("owner")
def end(slug: str, member_id: int) -> Response:
    with reading(the_services().engine) as database:
        running = _running(database, member_id)
    try:
        end_discount(the_services().till, running, current_time())
    except BillingError as error:
        flash(refusal(error), "danger")
    else:
        with doing("member.discount-end", str(member_id)):
            pass
        flash(gettext("From the next payment on, they pay the whole price."), "success")
    return redirect(url_for("studio_member.page", slug=slug, member_id=member_id), 303)


def _running(database: Session, member_id: int) -> Subscription:
    """The membership the form names, if this member pays for it and it opens this show."""
    member_here(database, member_id)
    key = request.form.get("subscription", "")
    running = paying_for(database, member_id, the_show().id)
    return next((each for each in running if each.key == key), None) or abort(404)
