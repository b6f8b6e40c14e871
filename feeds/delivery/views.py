"""Flask's door to the same answers, for when the fast lane is not in front."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from feeds.delivery.door import answer_or_busy, request_facts, send
from feeds.delivery.lane import Lane


def delivery_blueprint(lane: Lane) -> Blueprint:
    """Routes for private and public feeds and media."""
    blueprint = Blueprint("delivery", __name__)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    def deliver(**_parts: str) -> Response:
        answer = answer_or_busy(lane, request_facts(request.environ))
        if answer is None:
            abort(404)
        collected: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            collected.append((status, headers))

        body = send(answer, start)  # type: ignore[arg-type]
        status, headers = collected[0]
        return Response(body, status=status, headers=headers, direct_passthrough=True)

    for rule, name in (
        ("/f/<token>", "private_feed"),
        ("/m/<token>/<name>", "private_media"),
        ("/listen/<name>", "public_media"),
        ("/shows/<slug>/feed.xml", "public_feed"),
        ("/art/<path:name>", "artwork"),
    ):
        blueprint.add_url_rule(
            rule, name, deliver, methods=methods, provide_automatic_options=False
        )
    return blueprint
