"""What people and programs see when something does not work."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from episodes.errors import NotFound
from episodes.storage.base import StorageUnavailable
from podcast_server.logs import REQUEST_ID
from podcast_server.ways_back import page_before

log = logging.getLogger(__name__)

AWAY_SECONDS = "30"  # said in Retry-After


def install_error_pages(app: Flask) -> None:
    """Answer every error with a page in the visitor's language, or JSON where that was asked."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: error_answer(404))
    for away in (OperationalError, NoConnectionFree, StorageUnavailable):
        app.register_error_handler(away, _away)
    app.register_error_handler(Exception, _unexpected)


def _csrf(_error: CSRFError) -> Response:
    return error_answer(
        400, gettext("This form was open too long, or cookies are blocked. Go back and try again.")
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    response = error_answer(error.code)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    # The log's lines carry the same id.
    reference = REQUEST_ID.get() or secrets.token_hex(4)
    log.exception("error %s on %s %s", reference, request.method, request.endpoint, exc_info=error)
    return error_answer(InternalServerError.code, reference=reference)


def _away(error: Exception) -> Response:
    # The database or the storage cannot be reached, or all connections are taken. That passes.
    # Only the driver's words: with the statement would come what was to be written.
    why = getattr(error, "orig", error)
    log.error("%s on %s: %s: %s", request.method, request.endpoint, type(error).__name__, why)
    response = error_answer(ServiceUnavailable.code)
    response.headers["Retry-After"] = AWAY_SECONDS
    return response


def _words(code: int) -> tuple[str, str]:
    if code in {404, 410}:
        return (
            gettext("There is nothing here"),
            gettext("The address may have a typing error, or what was here has moved."),
        )
    if code == 403 and in_studio():
        # Strangers are led to the door: whoever is here has come in, and lacks a role.
        return (
            gettext("This is not yours to open"),
            gettext("An owner can let you: what each may do stands under “People”."),
        )
    if code == 403:
        return (
            gettext("This is not yours to open"),
            gettext("Sign in with the address that you use for this podcast."),
        )
    if code == 429:
        return (
            gettext("Please wait a little"),
            gettext("That was tried too often in a short time. Try again later."),
        )
    if code == 413:
        return (gettext("That was too large"), gettext("Send less at a time, or a smaller file."))
    if code == 503:
        return (
            gettext("This does not work just now"),
            gettext("That should pass by itself. Please try again in a minute."),
        )
    if code >= 500:
        return (
            gettext("Something broke on our side"),
            gettext("It has been written down. Please try again in a moment."),
        )
    return (
        gettext("That did not work"),
        gettext("The server did not understand the request. Go back and try again."),
    )


def too_often(wait: int) -> Response:
    """429: what was asked works again in ``wait`` seconds."""
    response = error_answer(
        429,
        ngettext(
            "That was tried too often in a short time. Try again in %(num)d second.",
            "That was tried too often in a short time. Try again in %(num)d seconds.",
            wait,
        ),
    )
    response.headers["Retry-After"] = str(wait)
    return response


def in_studio() -> bool:
    """Whether the page that was asked for is one of those who make the shows."""
    return request.path.startswith("/studio/")


def error_answer(code: int, text: str = "", *, reference: str = "") -> Response:
    """The error's page in the visitor's language, or JSON; to scripts a Problem of RFC 9457."""
    title, usual = _words(code)
    text = text or usual
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if request.path.startswith("/api/"):
        response = jsonify(title=title, status=code, fields={})
        response.mimetype = "application/problem+json"  # whatever a script accepts: docs/api.md
    elif best == "application/json":
        response = jsonify(error=text, status=code)
    else:
        response = make_response(
            render_template(
                "layout/error.html",
                code=code,
                title=title,
                text=text,
                reference=reference,
                in_studio=in_studio(),
                back=page_before(request.referrer, request.headers.get("Host", ""), "/studio")
                if request.method == "POST" and in_studio()
                else "",
            )
        )
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
