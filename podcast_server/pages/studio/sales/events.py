"""``/studio/payments/events``: what payment providers told us and we could not work off."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.billing.inbox import list_events, replay_event, work_off_events
from podcast_server.billing.models import PaymentEvent
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("payment_events", __name__)


@blueprint.get("/payments/events")
def page() -> Response:
    with reading(the_services().engine) as database:
        # Those still being tried stand here too, so that nobody waits without knowing why.
        rows = list_events(database, status="needs_attention", limit=200)
        rows += [each for each in list_events(database, status="new", limit=200) if each.error]
    return make_response(render_template("studio/sales/events.html", rows=rows, now=current_time()))


@blueprint.post("/payments/events/<int:event_id>/replay")
def replay(event_id: int) -> Response:
    """Work one off again; repeating one that went well changes nothing."""
    services, now = the_services(), current_time()
    with doing("payment.replay", str(event_id)) as database:
        event = database.get(PaymentEvent, event_id)
        if event is None:
            abort(404)
        replay_event(database, event, now)
    outcome = work_off_events(services.till, now)
    if outcome.failed:
        flash(gettext("It failed again; the reason is below."), "warning")
    else:
        flash(gettext("Worked off."), "success")
    return redirect(url_for(".page"), 303)
