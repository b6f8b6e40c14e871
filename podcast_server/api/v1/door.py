"""Who may come in: a key in ``Authorization: Bearer``, never a cookie, so no page can misuse it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from episodes.errors import BadField, EpisodeError, NotFound
from episodes.models import Show
from episodes.storage.base import StorageUnavailable
from feeds.delivery.throttle import Throttle, counted_as
from podcast_server.accounts.members import AccountError
from podcast_server.accounts.staff.api_keys import PREFIX, USED_EVERY, find_key, note_used
from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.models import ApiKey, Staff
from podcast_server.accounts.staff.roles import Role, may, role_for
from podcast_server.api.v1.shapes import Problem
from podcast_server.database import reading
from podcast_server.error_pages import AWAY_SECONDS
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.security import NUL
from podcast_server.services import Services, limit_counter

log = logging.getLogger(__name__)

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")
MOST_BYTES = 1024 * 1024  # of JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for, for the description."""

    method: str
    path: str
    summary: str
    needs: Role | None
    body: type[BaseModel] | None
    answer: Any
    status: int


OPERATIONS: list[Operation] = []


@dataclass(frozen=True, slots=True)
class _Throttles:
    keys: Throttle
    guesses: Throttle


def install_api(app: Flask, services: Services) -> None:
    """Register the routes, with limits that all processes hold together."""
    shared, settings = limit_counter(services), services.settings
    app.extensions["api"] = _Throttles(
        keys=Throttle("api", settings.limits.account_per_minute, shared),
        guesses=Throttle("api guess", settings.feeds.guesses_per_minute, shared),
    )
    app.register_blueprint(blueprint)


def _throttles() -> _Throttles:
    throttles: _Throttles = current_app.extensions["api"]
    return throttles


class Refused(Exception):
    """Answered with a Problem."""

    def __init__(self, status: int, title: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.problem = Problem(title=title, status=status, fields=dict(fields or {}))
        self.headers: dict[str, str] = {}


def operation(
    method: str,
    path: str,
    *,
    needs: Role | None,
    body: type[BaseModel] | None = None,
    answer: Any = None,
    status: int = 200,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a view. It gets ``body`` read and checked, and gives what is sent back.

    ``needs`` is the least role for the show in the path; None where there is none.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        summary = (view.__doc__ or "").strip().split("\n")[0]
        OPERATIONS.append(Operation(method, path, summary, needs, body, answer, status))

        @functools.wraps(view)
        def answered(**values: Any) -> Response:
            try:
                _enter(method, needs, values.get("slug"))
                if body is not None:
                    values["body"] = _read(body)
                return _sent(view(**values), status)
            except Refused as refused:
                return _problem(refused)
            except HTTPException as error:
                return _problem(Refused(error.code or 500, error.name))
            except BadField as error:
                return _problem(Refused(422, str(error), {error.field: error.message}))
            except NotFound as error:
                return _problem(Refused(404, str(error)))
            except StorageUnavailable as error:
                log.warning("%s %s: %s", method, path, error)
                later = Refused(503, str(error))
                later.headers["Retry-After"] = AWAY_SECONDS
                return _problem(later)
            except (EpisodeError, AccountError) as error:
                return _problem(Refused(422, str(error)))

        blueprint.add_url_rule(
            path, f"{method.lower()}_{view.__name__}", answered, methods=[method]
        )
        return answered

    return register


@contextmanager
def doing(action: str, subject: str = "") -> Iterator[Session]:
    """A transaction, and a line in the audit log that also names the key."""
    with the_services().sessions.begin() as database:
        yield database
        show: Show | None = g.get("show")
        note_action(
            database,
            f"api.{action}",
            now=current_time(),
            staff_id=the_person().id,
            show_id=show.id if show else None,
            subject=f"{subject} ({the_key().name})".strip(),
        )


def the_person() -> Staff:
    """Whose key it is."""
    person: Staff = g.person
    return person


def the_key() -> ApiKey:
    """The key that was shown."""
    key: ApiKey = g.key
    return key


def the_show() -> Show:
    """The show in the path."""
    show: Show = g.show
    return show


def _enter(method: str, needs: Role | None, slug: str | None) -> None:
    now = current_time()
    services = the_services()
    with reading(services.engine) as database:
        found = find_key(database, _bearer())
        if found is None:
            _slow_down(_throttles().guesses, counted_as(request.remote_addr or ""))
            refused = Refused(401, "Show a key that holds in “Authorization: Bearer psk_…”")
            refused.headers["WWW-Authenticate"] = "Bearer"
            raise refused
        g.person, g.key = found
        if slug is not None:
            _enter_show(database, slug, needs or "analyst")
    _slow_down(_throttles().keys, str(g.key.id))
    if method != "GET" and not g.key.may_write:
        raise Refused(403, "This key may only read")
    if g.key.used_at is None or now - g.key.used_at > USED_EVERY:
        with services.sessions.begin() as database:
            note_used(database, g.key.id, now)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.startswith(PREFIX) else ""


def _slow_down(throttle: Throttle, who: str) -> None:
    wait = throttle.exceeded(who, current_time().timestamp())
    if wait:
        refused = Refused(429, "Too many requests")
        refused.headers["Retry-After"] = str(wait)
        raise refused


def _enter_show(database: Session, slug: str, needs: Role) -> None:
    show = database.scalars(select(Show).where(Show.slug == slug)).first()
    role = role_for(database, g.person, show.id) if show is not None else None
    if show is None or role is None:
        raise Refused(404, "There is no such show")  # whose it is is nobody else's business
    if not may(role, needs):
        raise Refused(403, "The key's person may not do this")
    g.show = show


def _read(shape: type[BaseModel]) -> BaseModel:
    request.max_content_length = MOST_BYTES
    try:
        said = shape.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in each["loc"]) or "body": each["msg"]
            for each in error.errors()
        }
        raise Refused(422, "The request is not as it should be", fields) from error
    if with_nul := [name for name, value in said.model_dump().items() if _has_nul(value)]:
        fields = dict.fromkeys(with_nul, "must not have the character NUL in it")
        raise Refused(422, "The request is not as it should be", fields)
    return said


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def _sent(answer: Any, status: int) -> Response:
    if answer is None:
        return Response(status=204)
    if isinstance(answer, list):
        text = "[" + ",".join(each.model_dump_json() for each in answer) + "]"
    else:
        text = answer.model_dump_json()
    response = Response(text, status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(refused: Refused) -> Response:
    text = refused.problem.model_dump_json()
    response = Response(text, refused.problem.status, content_type="application/problem+json")
    response.headers.update(refused.headers)
    response.headers["Cache-Control"] = "no-store"
    return response
