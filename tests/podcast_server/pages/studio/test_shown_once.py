"""What is shown once: new recovery codes and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from podcast_server.pages.studio import shown_once
from tests.podcast_server.pages.studio.conftest import Desk

CODES = "/studio/account/recovery-codes"
CODE = re.compile(r"<code>([a-z2-7-]+)</code>")


def test_new_codes_can_be_read_in_another_language_too(owner: Desk) -> None:
    made = CODE.findall(owner.send(CODES).text)
    page = owner.get(f"{CODES}?lang=fr").text
    assert CODE.findall(page) == made
    assert len(made) == 10
    assert "Codes de secours" in page


def test_they_are_gone_once_one_goes_on(owner: Desk) -> None:
    owner.send(CODES)
    owner.get("/studio/account")
    assert CODE.findall(owner.get(CODES).text) == []


def test_they_are_gone_after_ten_minutes(app: Flask, owner: Desk, now: datetime) -> None:
    owner.send(CODES)
    app.config["CLOCK"] = lambda: now + shown_once.LIFE * 2
    assert CODE.findall(owner.get(CODES).text) == []


def test_the_browser_keeps_them_sealed(owner: Desk) -> None:
    made = CODE.findall(owner.send(CODES).text)
    with owner.client.session_transaction() as session:
        assert made[0] not in str(dict(session))


def test_somebody_else_in_the_same_browser_does_not_see_them(
    owner: Desk, hire: Callable[..., Desk]
) -> None:
    owner.send(CODES)
    with owner.client.session_transaction() as session:
        kept = session["shown_once"]
    other = hire("owner", email="tam@example.org")
    with other.client.session_transaction() as session:
        session["shown_once"] = kept
    assert CODE.findall(other.get(CODES).text) == []
