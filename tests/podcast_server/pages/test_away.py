"""What a page says while the database or the storage is away: later, not broken."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from episodes.storage.base import StorageUnavailable


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("UPDATE members", {"email": "ada@example.org"}, OSError("gone")),
        NoConnectionFree("30 connections are taken"),
        StorageUnavailable("the S3 server cannot be reached"),
    ],
)
def test_it_asks_to_come_again_and_logs_no_data(
    app: Flask, caplog: pytest.LogCaptureFixture, away: Exception
) -> None:
    def fail() -> str:
        raise away

    app.add_url_rule("/fails", view_func=fail)
    with caplog.at_level(logging.ERROR):
        page = app.test_client().get("/fails")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "30"
    assert "just now" in page.text
    assert "ada@example.org" not in caplog.text
    assert type(away).__name__ in caplog.text
