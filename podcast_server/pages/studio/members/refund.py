"""``…/members/<id>/payments/<id>/refund``: money back, asked twice, since it cannot be undone."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectChoice, StringField
from wtforms.validators import Length

from podcast_server.billing.changes import check_refund, refund_payment
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Payment
from podcast_server.billing.money import Money, parse_money
from podcast_server.billing.paid_for import paid_for
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person, the_show
from podcast_server.pages.studio.members.one import can_refund, member_here
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("refund", __name__)


class RefundForm(FlaskForm):  # type: ignore[misc]
    """How much, and what becomes of the access."""

    amount = StringField(_("How much"), validators=[Length(max=20)])
    access = RadioField(
        _("What they hear"),
        choices=[
            SelectChoice("closes", _("What was paid for ends now, and so do further payments")),
            SelectChoice("stays", _("Everything stays as it is")),
        ],
        default="closes",
    )
    sure = BooleanField()


@blueprint.route(
    "/shows/<slug>/members/<int:member_id>/payments/<int:payment_id>/refund",
    methods=["GET", "POST"],
)
@needs("owner")
def page(slug: str, member_id: int, payment_id: int) -> Response:
    with reading(the_services().engine) as database:
        member = member_here(database, member_id)
        payment = _payment_here(database, member_id, payment_id)
    form, asked = RefundForm(), None
    if form.validate_on_submit():
        try:
            asked = _asked(form, payment)
            if form.sure.data:
                _refund(payment, asked, closes=form.access.data == "closes")
                return redirect(url_for("studio_member.page", slug=slug, member_id=member_id), 303)
        except BillingError as error:
            flash(refusal(error), "danger")
            asked = None
    return make_response(
        render_template(
            "studio/members/refund.html",
            form=form,
            member=member,
            payment=payment,
            asked=asked,
            left=_left(payment),
            show=the_show(),
        )
    )


def _payment_here(database: Session, member_id: int, payment_id: int) -> Payment:
    """A payment of theirs for this show of which something is left; 404 for all others."""
    payment = database.scalars(
        select(Payment).where(
            Payment.id == payment_id, Payment.member_id == member_id, paid_for(the_show().id)
        )
    ).first()
    if payment is None or not can_refund(payment):
        abort(404)
    return payment


def _left(payment: Payment) -> Money:
    return Money(payment.amount - payment.refunded, payment.currency)


def _asked(form: RefundForm, payment: Payment) -> Money:
    """The sum that was typed, or all that is left. Raises AmountRefused."""
    text = (form.amount.data or "").strip()
    amount = parse_money(text, payment.currency) if text else _left(payment)
    check_refund(payment, amount)
    return amount


def _refund(payment: Payment, amount: Money, *, closes: bool) -> None:
    by, now = the_person().email, current_time()
    refund_payment(the_services().till, payment, amount, closes=closes, by=by, now=now)
    with doing("payment.refund", f"{payment.key}: {amount}, {'closes' if closes else 'stays'}"):
        pass
    if payment.realm == "manual":
        flash(gettext("Written down. Now send the money back the way it came."), "success")
    else:
        flash(gettext("The money is on its way back. Banks take some days to show it."), "success")
