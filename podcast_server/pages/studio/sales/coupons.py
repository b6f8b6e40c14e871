"""``/studio/coupons``: codes that make memberships cheaper, on all shows. For owners."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from podcast_server.billing.coupons import archive_coupon, create_coupon, uses
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Coupon
from podcast_server.billing.money import parse_money
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.studio.sales.forms import CouponForm
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("coupons", __name__)


@blueprint.route("/coupons", methods=["GET", "POST"])
def page() -> Response:
    services, now = the_services(), current_time()
    form = CouponForm(currency=services.settings.payments.currency)
    if form.validate_on_submit() and _create(form):
        flash(gettext("The code can be used now."), "success")
        return redirect(url_for(".page"), 303)
    with reading(services.engine) as database:
        query = select(Coupon).order_by(Coupon.state == "archived", Coupon.id.desc())
        rows = [(each, uses(database, each, now)) for each in database.scalars(query)]
    return make_response(render_template("studio/sales/coupons.html", form=form, rows=rows))


def _create(form: CouponForm) -> bool:
    """Whether there is a new code; if not, the reason has been said."""
    try:
        off = parse_money(form.off.data, form.currency.data) if form.off.data else None
        with doing("coupon.create", form.code.data) as database:
            create_coupon(
                database,
                code=form.code.data,
                percent=form.percent.data,
                off=off,
                duration=form.duration.data,
                months=form.months.data,
                most_uses=form.most_uses.data,
                closes_at=_end_of(form.closes.data),
                now=current_time(),
            )
    except BillingError as error:
        flash(refusal(error), "danger")
        return False
    return True


def _end_of(day: date | None) -> datetime | None:
    # A code is for all shows, so no show's clock is right: the day ends in UTC.
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


@blueprint.post("/coupons/<key>/archive")
def archive(key: str) -> Response:
    """The code can no longer be used."""
    with doing("coupon.archive", key) as database:
        coupon = database.scalars(select(Coupon).where(Coupon.key == key)).first()
        if coupon is None:
            abort(404)
        archive_coupon(coupon)
    flash(gettext("Nobody can use the code any more. Whoever did keeps what it gave."), "success")
    return redirect(url_for(".page"), 303)
