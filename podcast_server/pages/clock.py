"""The time in views: the application's clock, which tests can hold still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import current_app


def current_time() -> datetime:
    """Now, aware UTC."""
    return cast("Callable[[], datetime]", current_app.config["CLOCK"])()
