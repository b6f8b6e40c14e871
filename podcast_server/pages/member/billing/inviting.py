"""``/me/billing/groups/<id>/invite``: the link to a group's seats, sent to somebody by mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.accounts.members import BadEmailError, normalise_email
from podcast_server.billing.errors import NotYours
from podcast_server.billing.models import SeatGroup
from podcast_server.billing.seats import own_group
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.payment_letters import seat_invitation_letter
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.wiring import current_time, the_services

blueprint = Blueprint("inviting", __name__)

A_DAY = timedelta(days=1)
SPARE = 5  # for addresses mistyped; more would let a group mail the whole world


@blueprint.post("/me/billing/groups/<int:group_id>/invite")
@member_required
def invite(group_id: int) -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    with services.sessions.begin() as database:
        try:
            group = own_group(database, group_id, member.id)
            recipient = normalise_email(request.form.get("email", ""))
        except NotYours:
            abort(404)
        except BadEmailError:
            flash(gettext("This is not an e-mail address."), "danger")
            return redirect(url_for("billing.page"), 303)
        if _sent(database, group, now - A_DAY) >= group.subscription.quantity + SPARE:
            flash(gettext("Many invitations went out today. Share the link instead."), "warning")
            return redirect(url_for("billing.page"), 303)
        link = services.addresses.public_url + url_for("seats.join", invite_key=group.invite_key)
        plan = group.subscription.plan
        letter = seat_invitation_letter(
            member.locale, plan.name if plan else "", member.name or member.email, group.id, link
        )
        post_letter(database, services, letter, recipient, now)
    nudge_postman()
    flash(gettext("The invitation is on its way."), "success")
    return redirect(url_for("billing.page"), 303)


def _sent(database: Session, group: SeatGroup, since: datetime) -> int:
    """How many invitations of this group were written since then."""
    kind = seat_invitation_letter("en", "", "", group.id, "").kind
    written = select(func.count()).where(OutgoingMail.kind == kind, OutgoingMail.created_at > since)
    return database.scalar(written) or 0
