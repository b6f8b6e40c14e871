"""What views take from the application they run in: its services and its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import current_app, request

from podcast_server.mail.postman import Postman
from podcast_server.services import Services

LAST_PAGE = 1_000_000  # nobody has more; where a page of rows begins must fit into the database


def the_services() -> Services:
    """The application's services."""
    return cast("Services", current_app.config["SERVICES"])


def current_time() -> datetime:
    """Now, aware UTC. Tests hold the application's clock still."""
    return cast("Callable[[], datetime]", current_app.config["CLOCK"])()


def page_asked_for() -> int:
    """Which page of a list ``?page=`` asks for, from 1 on; the first where it says nothing."""
    return min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)


def examine_soon() -> None:
    """Have what waits to be examined examined, without keeping the request waiting."""
    examiner: Postman = current_app.config["EXAMINER"]
    examiner.nudge()
