"""``POST /webhooks/stripe``: keep what Stripe tells, answer in milliseconds, then look into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, current_app, request

from podcast_server.billing.errors import ForgedNotice, WrongMode
from podcast_server.billing.inbox import store_event
from podcast_server.mail.postman import Postman
from podcast_server.services import Services

# Stripe's largest events are far below.
MOST_BYTES = 1024 * 1024


def stripe_blueprint(services: Services, clock: Callable[[], datetime]) -> Blueprint:
    """The webhook; without Stripe it answers 404."""
    blueprint = Blueprint("stripe_webhook", __name__)

    @blueprint.post("/webhooks/stripe")
    def stripe_webhook() -> Response:
        provider = services.providers.stripe
        if provider is None:
            return _answer(404, "payments by Stripe are not set up")
        if (request.content_length or 0) > MOST_BYTES:
            return _answer(413, "too large")
        body = request.stream.read(MOST_BYTES)
        try:
            notice = provider.read_notice(body, request.headers.get("Stripe-Signature", ""))
        except (ForgedNotice, WrongMode) as error:
            return _answer(400, str(error))
        with services.sessions.begin() as session:
            is_new = store_event(
                session,
                realm=provider.realm,
                ref=notice.ref,
                type_=notice.type,
                subject=notice.subject,
                body=body,
                now=clock(),
            )
        if is_new:
            teller: Postman = current_app.config["TELLER"]
            teller.nudge()
        return _answer(200, "kept" if is_new else "kept before")

    return blueprint


def _answer(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
